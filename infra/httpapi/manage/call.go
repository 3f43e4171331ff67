package manage

import (
	"context"
	"log/slog"
	"net/url"
	"sync"

	"tacet/core/account"
	"tacet/infra/httpapi/door"
)

// call is one request being answered.
type call struct {
	*door.Call
	s         *server
	op        *operation
	principal *account.Principal // nil until authenticated, and for anybody
	query     url.Values
}

func (c *call) path(name string) string { return c.Request.PathValue(name) }

// check looks at path and query before anything is done.
func (c *call) check() error {
	if err := c.checkPath(); err != nil {
		return err
	}
	return c.checkQuery()
}

// authenticate finds out who asks.
func (c *call) authenticate(ctx context.Context) (err error) {
	token, err := c.credential()
	if err != nil {
		return err
	}
	if c.principal, err = c.s.Accounts.Authenticate(ctx, token, c.Address()); err != nil {
		return err
	}
	return c.s.limiter.known(c, token)
}

// noteMember adds who asked, as the account knows him, to the record of the
// request.
func (c *call) noteMember(me *account.Caller) {
	c.Note(slog.String("member", string(me.Member)), slog.Bool("session", c.principal.Session()))
}

// read reads the request's body into v.
func (c *call) read(v any) error {
	var also []string
	if c.op.merge {
		also = append(also, mergeType)
	}
	data, err := c.Body(maxBody, also...)
	if err != nil {
		return err
	}
	return decode(data, v)
}

// lazy returns a function that makes each of its values once.
func lazy[V any](of func(string) V) func(string) V {
	var all sync.Map
	return func(name string) V {
		if v, ok := all.Load(name); ok {
			return v.(V)
		}
		v, _ := all.LoadOrStore(name, of(name))
		return v.(V)
	}
}
