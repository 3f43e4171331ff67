package standalone

import (
	"context"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/infra/local/site"
)

// Put keeps an application with these keys in the operator's account, beside
// the development one, or in the place of an older one of its id, and returns
// when it will survive the end of the process. A fault of kind Invalid says what
// is wrong with it. It is for what embeds a platform; people use the API.
func (p *Platform) Put(ctx context.Context, a *app.App, keys grant.Slots) error {
	return p.accounts.Place(ctx, site.Operator, "embedded", a, keys)
}
