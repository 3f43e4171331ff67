package door

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/privacy"
)

// Call is one request being answered.
type Call struct {
	Request *http.Request
	ID      string

	s       *Server
	w       http.ResponseWriter // net/http's own
	refused error               // what it was answered with, for the log
	notes   []slog.Attr
}

type callKey struct{}

// CallOf returns the call that a context belongs to.
func CallOf(ctx context.Context) *Call { return ctx.Value(callKey{}).(*Call) }

// Header returns the header of the answer.
func (c *Call) Header() http.Header { return c.w.Header() }

// Note adds ids to the record of the request.
func (c *Call) Note(ids ...slog.Attr) { c.notes = append(c.notes, ids...) }

// App returns the application that the path names, or "" when it names none
// that could exist.
func (c *Call) App() app.ID { return c.id("app") }

func (c *Call) id(name string) app.ID {
	id, err := app.ParseID(c.Request.PathValue(name))
	if err != nil {
		return ""
	}
	return id
}

// Bearer returns the token that the request brings, or "" (RFC 6750 §2.1).
func (c *Call) Bearer() string { return Bearer(c.Request) }

// Bearer returns the token that a request brings, or "".
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Address returns where the request came from.
func (c *Call) Address() privacy.Addr {
	return privacy.ForwardedFor(c.Request.Header.Values("X-Forwarded-For"), c.Request.RemoteAddr, c.s.TrustedProxies)
}

// Body reads the request's body, which must be JSON of at most limit bytes. A
// missing Content-Type means JSON; others that mean it as well may be named.
func (c *Call) Body(limit int64, also ...string) ([]byte, error) {
	if kind := c.Request.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && !slices.Contains(also, media) {
			return nil, Unsupported("the body must be JSON: send it with Content-Type: application/json")
		}
	}
	if encoding := c.Request.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, Unsupported("the body must not be compressed: leave Content-Encoding out")
	}
	if c.Request.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.Request.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge(limit)
	case err != nil:
		return nil, &fault.Error{Kind: fault.Invalid, Text: "the body ended before its end", Cause: err}
	}
	return data, nil
}

func tooLarge(limit int64) error {
	return &fault.Error{Kind: fault.TooLarge, Text: "the body is larger than " + strconv.FormatInt(limit, 10) + " bytes"}
}
