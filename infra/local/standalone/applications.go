package standalone

import (
	"context"

	"tacet/core/app"
)

// Put keeps an application beside the development one, or in the place of an
// older one of its id, and returns when it will survive the end of the process.
// A fault of kind Invalid says what is wrong with it.
func (p *Platform) Put(ctx context.Context, a *app.App) error { return p.disk.Apps.Put(ctx, a) }
