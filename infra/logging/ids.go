package logging

import (
	"context"
	"log/slog"
)

// IDs name the request at hand. Empty ones are left out of records.
type IDs struct {
	Request    string
	Connection string
}

// With returns a context whose records carry ids, instead of those that ctx
// had.
func With(ctx context.Context, ids IDs) context.Context { return &withIDs{ctx, ids} }

// withIDs is a context of its own, because context.WithValue would take two
// allocations where this takes one, for each message of each client.
type withIDs struct {
	context.Context
	ids IDs
}

type idsKey struct{}

func (c *withIDs) Value(key any) any {
	if key == (idsKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func attrs(ctx context.Context) []slog.Attr {
	c, ok := ctx.Value(idsKey{}).(*withIDs)
	if !ok {
		return nil
	}
	var a []slog.Attr
	if c.ids.Request != "" {
		a = append(a, slog.String("request", c.ids.Request))
	}
	if c.ids.Connection != "" {
		a = append(a, slog.String("connection", c.ids.Connection))
	}
	return a
}

// handler adds the context's ids to records.
type handler struct {
	inner slog.Handler
	// Once a group is open, what is added to a record falls into it. So root
	// is the handler before the first group, and again does to it what was
	// done since. Both are nil as long as no group is open.
	root  slog.Handler
	again func(slog.Handler) slog.Handler
}

func (h handler) Enabled(ctx context.Context, l slog.Level) bool { return h.inner.Enabled(ctx, l) }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	ids := attrs(ctx)
	switch {
	case ids == nil:
		return h.inner.Handle(ctx, r)
	case h.again != nil:
		return h.again(h.root.WithAttrs(ids)).Handle(ctx, r)
	default:
		return h.inner.WithAttrs(ids).Handle(ctx, r)
	}
}

func (h handler) WithAttrs(a []slog.Attr) slog.Handler {
	if h.again == nil || len(a) == 0 {
		return handler{inner: h.inner.WithAttrs(a)}
	}
	return h.then(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(a) })
}

func (h handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	if h.again == nil {
		h.root, h.again = h.inner, func(inner slog.Handler) slog.Handler { return inner }
	}
	return h.then(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h handler) then(do func(slog.Handler) slog.Handler) handler {
	before := h.again
	return handler{inner: do(h.inner), root: h.root, again: func(inner slog.Handler) slog.Handler { return do(before(inner)) }}
}
