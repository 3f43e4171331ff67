package paths

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"tacet/infra/canary"
)

// Target is a platform that runs.
type Target struct {
	HTTP      string // what paths are appended to
	WebSocket string // …/apps/APP
	App       string
	// Client and Admin sign tokens of the application.
	Client, Admin Signer
	// Session is a token for accounts; "" for none: then no account is made.
	Session string
	// AWS says that it differs from one process where API Gateway does.
	AWS bool
}

// Sent is a path that was taken.
type Sent struct {
	Path string `json:"path"`
	// Times is how many requests, frames or connections it took.
	Times int `json:"times"`
	// Failed says why it was not what it was meant to be; "" if it was.
	Failed string `json:"failed,omitempty"`
	// Skipped says why it was not taken.
	Skipped string `json:"skipped,omitempty"`
}

// Sender sends the markers. Made by New; not safe for concurrent use.
type Sender struct {
	Target
	Markers canary.Set
	// Tell is told of each path that begins. Nil tells nobody.
	Tell func(path string)

	http *http.Client
	made made

	mu       sync.Mutex
	times    int
	tokens   []canary.Marker // signatures of those that were sent
	accepted []Sent
}

// made is what was made in the platform for what comes later.
type made struct {
	account, other string
	blind, small   *application
}

// application is one that was made for this.
type application struct {
	id            string
	client, admin Signer
}

// New returns a sender.
func New(t Target, markers canary.Set) *Sender {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	return &Sender{Target: t, Markers: markers, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// errSkip says that a path does not exist for this platform. The text is why.
type errSkip string

func (e errSkip) Error() string { return string(e) }

// limit is how long one path may take.
const limit = 40 * time.Second

// path is one way to reach a platform.
type path struct {
	name string
	take func(*Sender, context.Context) error
}

// All takes every path.
func (s *Sender) All(ctx context.Context) {
	for _, some := range [][]path{accountPaths, socketPaths, crowdPaths, httpPaths, rawPaths} {
		for _, p := range some {
			s.take(ctx, p.name, func(ctx context.Context) error { return p.take(s, ctx) })
		}
	}
}

// take takes a path, and remembers what became of it.
func (s *Sender) take(ctx context.Context, name string, do func(context.Context) error) {
	if ctx.Err() != nil {
		return
	}
	if s.Tell != nil {
		s.Tell(name)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	s.times = 0
	err := do(ctx)
	sent := Sent{Path: name, Times: s.times}
	var skip errSkip
	switch {
	case errors.As(err, &skip):
		sent.Skipped = string(skip)
	case err != nil:
		sent.Failed = s.discreet(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, sent)
}

// discreet returns the text of an error without markers: an error of a client
// repeats the address that it called.
func (s *Sender) discreet(err error) string {
	text := err.Error()
	for _, m := range s.Markers {
		text = strings.ReplaceAll(text, m.String(), "…")
	}
	if begin := strings.Index(text, "access_token="); begin >= 0 {
		text = text[:begin] + "…"
	}
	return text
}

// Sent returns the paths that were taken, in their order.
func (s *Sender) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sent(nil), s.accepted...)
}

// Tokens returns markers that stand for the signatures of the tokens that were
// sent.
func (s *Sender) Tokens() []canary.Marker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]canary.Marker(nil), s.tokens...)
}

// m returns the text of a marker.
func (s *Sender) m(r canary.Role) string { return s.Markers[r].String() }

// once counts something that was sent.
func (s *Sender) once() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times++
}

// headers returns what each request brings along: markers in all that a browser
// or a proxy would say, and more.
func (s *Sender) headers() http.Header {
	return http.Header{
		"User-Agent":      {s.m(canary.UserAgent)},
		"X-Forwarded-For": {s.m(canary.Forged) + ", " + s.m(canary.Address4)},
		"X-Canary":        {s.m(canary.Header)},
		"X-Real-Ip":       {s.m(canary.Forged)},
		"Forwarded":       {"for=" + s.m(canary.Forged)},
		"Referer":         {"https://elsewhere.example/" + s.m(canary.Header)},
		"Cookie":          {"canary=" + s.m(canary.Header)},
	}
}

// query returns what each request brings along in its address.
func (s *Sender) query() string {
	return "canary=" + s.m(canary.Query) + "&client_id=" + s.m(canary.ClientID)
}

// want returns nil if something is what it was to be.
func want[T comparable](what string, got T, oneOf ...T) error {
	for _, one := range oneOf {
		if got == one {
			return nil
		}
	}
	return fmt.Errorf("%s: got %v, expected %v", what, got, oneOf)
}
