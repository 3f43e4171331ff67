package manage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/door"
)

// Live is where live figures are from, and how they are served.
type Live struct {
	// Events is where they are read. Nil if there are none here.
	Events telemetry.Events
	// CountOpen returns how many connections an application has, for seconds in
	// which none came or went. Nil if nobody counts.
	CountOpen func(ctx context.Context, of app.ID) (int, error)
	// Once says that answers are held back until they end. Each is one event then,
	// and the client comes back for the next one.
	Once bool
	// Most is how many may look on at a time; zero is 50.
	Most int
	// Stopping is closed when this process is about to stop. Nil never is.
	Stopping <-chan struct{}
}

const (
	livePath = "/v1/apps/{app}/live"
	// settled is how long ago the last second that is looked at ended: what happens
	// is recorded a moment later.
	settled = time.Second
	// comeBackAfter is when a client comes back whose answer has ended.
	comeBackAfter = 2 * time.Second
	// rightsFor is how long it is taken for granted that somebody may look on, and
	// rightsAtMost the same while that cannot be found out.
	rightsFor    = time.Minute
	rightsAtMost = 5 * time.Minute
	// viewers is Live.Most, if that is zero.
	viewers = 50
)

func (s *server) routeLive() {
	known(s, operation{
		id: "live", method: http.MethodGet, path: livePath, tag: "reports", query: []string{"events"},
		summary: "Look on",
		text: "Live figures, as server-sent events: of each second its messages, deliveries, bytes, connections, refusals by their code, and the 50 topics with most messages, by the names under which they are recorded. " +
			"A client that comes back with Last-Event-ID, as EventSource does, gets what it has missed of the last minute. Where answers cannot be streamed, each is one event of the seconds since. " +
			"It ends with the session or the right to see it, and says so in an event called end. In a browser the address shows a page.",
		needs: account.ReadReports, download: eventStream,
	}, s.live)
}

const eventStream = "text/event-stream"

func (s *server) live(ctx context.Context, c *call) (*huma.StreamResponse, error) {
	v := &viewer{s: s, c: c}
	if err := v.look(ctx); err != nil {
		return nil, err
	}
	switch {
	case s.Live.Events == nil:
		return nil, &fault.Error{Kind: fault.NotFound, Text: "there are no live figures here"}
	case !s.enter():
		return nil, &fault.Error{
			Kind: fault.Unavailable, RetryAfter: 30 * time.Second,
			Text: "as many look at live figures as this server can show them to: close a page that nobody looks at, or try again in half a minute",
		}
	}
	v.begin()
	return c.Stream(eventStream, func(ctx context.Context, w io.Writer) error {
		defer s.looking.Add(-1)
		v.out = w
		return v.run(ctx)
	}), nil
}

// enter reports whether one more may look on, and counts him.
func (s *server) enter() bool {
	most := s.Live.Most
	if most == 0 {
		most = viewers
	}
	if s.looking.Add(1) > int64(most) {
		s.looking.Add(-1)
		return false
	}
	return true
}

// looking counts those who look on.
type looking = atomic.Int64

// viewer is somebody who looks on. There is nothing that waits to be sent to him:
// who reads slowly gets figures of more seconds at a time.
type viewer struct {
	s       *server
	c       *call
	of      app.ID
	out     io.Writer
	from    time.Time // the end of the last event
	failed  bool      // to read the figures of the last event
	left    int       // how many events are wanted; negative for no end
	checked time.Time // when it was last known that he may look on
}

// look finds out whether he may look on.
func (v *viewer) look(ctx context.Context) error {
	now := v.s.now()
	if !v.checked.IsZero() { // the request itself was looked at
		principal, err := v.s.Accounts.Authenticate(ctx, v.c.shown(), v.c.Address())
		if err != nil {
			return err
		}
		v.c.principal = principal
	}
	me, of, err := v.s.Accounts.Reach(ctx, v.c.principal, v.c.path("app"), account.ReadReports)
	if err != nil {
		return err
	}
	if v.checked.IsZero() {
		v.c.noteMember(me)
	}
	v.of, v.checked = of.ID, now
	return nil
}

// begin reads where to go on, and how far.
func (v *viewer) begin() {
	end := v.end()
	v.from = end.Add(-time.Second)
	if v.s.Live.Once {
		v.from = end.Add(-comeBackAfter)
	}
	if last, err := strconv.ParseInt(v.c.Request.Header.Get("Last-Event-ID"), 10, 64); err == nil {
		earliest := end.Add(-telemetry.MaxLiveSeconds * time.Second)
		if at := time.Unix(last, 0).UTC(); at.After(earliest) && !at.After(end) {
			v.from = at
		} else if !at.After(earliest) {
			v.from = earliest
		}
	}
	v.left = -1
	if n, err := strconv.Atoi(v.c.query.Get("events")); err == nil {
		v.left = n
	}
	if v.s.Live.Once {
		v.left = 1
	}
}

// end is when the last second ended that can be looked at.
func (v *viewer) end() time.Time { return v.s.now().UTC().Add(-settled).Truncate(time.Second) }

// errEnded is the end of an answer about which nothing is to be said: its client
// has gone.
var errEnded = errors.New("nobody looks on any more")

// run sends event after event.
func (v *viewer) run(ctx context.Context) error {
	header := v.c.Header()
	header.Set("X-Accel-Buffering", "no") // for proxies that would hold it back
	if v.c.Request.Method == http.MethodHead {
		return nil
	}
	// The first comment opens the stream, before the first second is over.
	if v.send("retry: %d\n:\n\n", comeBackAfter.Milliseconds()) != nil {
		return nil
	}
	for v.left != 0 {
		if !v.s.Live.Once && v.wait(ctx) != nil {
			return nil
		}
		if reason := v.over(ctx); reason != "" {
			v.farewell(reason)
			return nil
		}
		if v.event(ctx) != nil {
			return nil
		}
	}
	if !v.s.Live.Once {
		v.farewell("enough")
	}
	return nil
}

// farewell says why it is over, if anybody is there to hear it.
func (v *viewer) farewell(reason string) {
	_ = v.send("event: end\ndata: {\"reason\":\"%s\"}\n\n", reason)
}

// wait waits for the end of the next second, and for a second at least after
// figures could not be read.
func (v *viewer) wait(ctx context.Context) error {
	next := min(v.from.Add(time.Second+settled).Sub(v.s.now()), time.Second+settled)
	if v.failed {
		next = max(next, time.Second)
	}
	timer := time.NewTimer(max(0, next))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errEnded
	case <-v.s.Live.Stopping:
	case <-timer.C:
	}
	return nil
}

// over returns why it is over, "" if it is not.
func (v *viewer) over(ctx context.Context) string {
	now := v.s.now()
	select {
	case <-v.s.Live.Stopping:
		return "restart"
	default:
	}
	if p := v.c.principal; p.Session() && !now.Before(p.Since.Add(account.SessionLife)) {
		return "signed-out"
	}
	if now.Sub(v.checked) < rightsFor {
		return ""
	}
	switch err := v.look(ctx); fault.KindOf(err) {
	case fault.Unauthenticated:
		return "signed-out"
	case fault.Forbidden:
		return "forbidden"
	case fault.NotFound:
		return "gone"
	default:
		if err != nil && now.Sub(v.checked) >= rightsAtMost {
			return "unavailable"
		}
		return ""
	}
}

// event sends the figures of the seconds since the last event. When they cannot be
// read it says that the stream is there all the same, and the next one has them.
func (v *viewer) event(ctx context.Context) error {
	to := v.end()
	seconds := int(to.Sub(v.from) / time.Second)
	if seconds < 1 {
		return v.still()
	}
	l, err := telemetry.LiveOf(ctx, v.s.Live.Events, v.of, to, seconds, v.s.now())
	if v.failed = err != nil; v.failed {
		return v.still()
	}
	if l.Connects+l.Disconnects == 0 && v.s.Live.CountOpen != nil {
		if n, err := v.s.Live.CountOpen(ctx, v.of); err == nil {
			l.Open = int64(n)
		}
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err // cannot happen: texts and numbers
	}
	v.from = to
	v.left--
	return v.send("id: %d\ndata: %s\n\n", to.Unix(), data)
}

// still says that the stream is there. An answer that is one event ends with it.
func (v *viewer) still() error {
	if v.s.Live.Once {
		v.left = 0
	}
	return v.send(":\n\n")
}

// send writes and sends at once.
func (v *viewer) send(format string, args ...any) error {
	if _, err := fmt.Fprintf(v.out, format, args...); err != nil {
		return errEnded
	}
	return door.Flush(v.out)
}
