package standalone

import (
	"context"

	"tacet/core/app"
	"tacet/core/grant"
)

// Put keeps an application and its keys beside the development one, or in the place of an
// older one of its id, and returns when it will survive the end of the process.
// A fault of kind Invalid says what is wrong with it.
func (p *Platform) Put(ctx context.Context, a *app.App, keys grant.Slots) error {
	return p.disk.Apps.Put(ctx, a, keys)
}
