package door

import (
	"context"
	"net/http"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/wire"
)

// Watch is who counts and traces requests. A field that is nil is not called.
type Watch struct {
	// Begin is called before anything else, and returns the context that the
	// request is answered in.
	Begin func(*http.Request) context.Context
	// End is called when the request was answered, in that context.
	End func(context.Context, Answered)
}

// Answered is how a request was. All but the ids is out of closed lists.
type Answered struct {
	Route  string // the pattern, never the path; "" when there is none
	Method string
	Status int
	Code   wire.Code // 0 if it was not refused
	Took   time.Duration
	Call   string // the id of the request
	App    app.ID // "" when the path names none that could exist
}

func (w Watch) begin(r *http.Request) context.Context {
	if w.Begin == nil {
		return r.Context()
	}
	return w.Begin(r)
}

func (w Watch) end(c *Call, status int, took time.Duration) {
	if w.End == nil {
		return
	}
	a := Answered{Method: method(c.Request.Method), Status: status, Took: took, Call: c.ID, App: c.App()}
	if _, path, ok := strings.Cut(c.Request.Pattern, " "); ok {
		a.Route = path
	}
	if c.refused != nil {
		a.Code = wire.CodeOf(fault.Public(c.refused))
	}
	w.End(c.Request.Context(), a)
}

// Also returns a watch that tells two others. What begins second is in the
// context of what begins first.
func (w Watch) Also(o Watch) Watch {
	return Watch{
		Begin: func(r *http.Request) context.Context { return o.begin(r.WithContext(w.begin(r))) },
		End: func(ctx context.Context, a Answered) {
			for _, end := range []func(context.Context, Answered){o.End, w.End} {
				if end != nil {
					end(ctx, a)
				}
			}
		},
	}
}
