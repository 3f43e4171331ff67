package poster_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/poster"
)

// body is larger than what a pipe's reader takes with the head of a request.
var body = text(strings.Repeat("x", 8<<10))

func numbered(n int) []wire.ConnID {
	ids := make([]wire.ConnID, n)
	for i := range ids {
		ids[i] = wire.ConnID(fmt.Sprintf("c%d=", i))
	}
	return ids
}

// miscounted returns "" if it has been said of each connection, once, what
// became of it.
func miscounted(p pubsub.Posted, to []wire.ConnID) string {
	if p.Delivered+len(p.Gone)+len(p.Failed) != len(to) {
		return fmt.Sprintf("%d connections, and %d delivered, %d gone, %d failed", len(to), p.Delivered, len(p.Gone), len(p.Failed))
	}
	seen := map[wire.ConnID]bool{}
	for _, id := range slices.Concat(p.Gone, p.Failed) {
		if seen[id] || !slices.Contains(to, id) {
			return fmt.Sprintf("%s is there twice, or was not asked for", id)
		}
		seen[id] = true
	}
	return ""
}

func counted(t *testing.T, p pubsub.Posted, to []wire.ConnID) {
	t.Helper()
	if wrong := miscounted(p, to); wrong != "" {
		t.Error(wrong)
	}
}

// What the endpoint does, and what follows from it: that it is tried again, or
// what became of the connection.
var means = map[string]string{
	ok: "delivered", status("204"): "delivered", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n": "delivered",
	"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf": "delivered", "HTTP/1.1 200 OK\r\nConte": "delivered",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": "delivered",
	"HTTP/1.1 100 Continue\r\n\r\n" + ok:                                         "delivered",
	status("410"):                                                                "gone",
	status("429"):                                                                "again", status("503"): "again", torn: "again",
	status("400"): "failed", status("403"): "failed", status("413"): "failed", status("500"): "failed", status("502"): "failed", status("504"): "failed",
	hang: "failed", reset: "failed", "HTTP/1.1 20": "failed", "SSH-2.0-OpenSSH_9.2\r\n": "failed",
}

// Each connection has a script of its own. It must be tried again as long as
// nothing can have happened, and never after that; what is said of it must be
// true; and nobody's trouble may be another's.
func TestEveryFaultIsAnsweredAsItDeserves(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(means))
	rapid.Check(t, func(rt *rapid.T) {
		to := numbered(rapid.IntRange(1, 30).Draw(rt, "connections"))
		scripts := map[wire.ConnID][]string{}
		for _, id := range to {
			scripts[id] = rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 10).Draw(rt, string(id))
		}
		connections := rapid.IntRange(1, 8).Draw(rt, "at once")
		refuse := rapid.IntRange(0, 3).Draw(rt, "dials that fail")

		var report poster.Report
		var wrong string // rapid wants to be told outside of the bubble
		synctest.Test(t, func(t *testing.T) {
			e := newScripted(t, func(id wire.ConnID, n int) string { return scripts[id][min(n, len(scripts[id])-1)] })
			e.refuse = refuse
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			p := e.poster(poster.Options{Connections: connections, Report: func(_ context.Context, r poster.Report) { report = r }})
			wrong = untrue(p.Post(ctx, to, body), to, scripts, e.asked, 6-refuse)
		})
		if wrong != "" {
			rt.Fatalf("%s; reported %+v", wrong, report)
		}
	})
}

// untrue returns what is wrong with what was said, or done, of connections that
// did what is in their scripts, the last of it again and again. Those that are
// refused must be tried at least so often.
func untrue(posted pubsub.Posted, to []wire.ConnID, scripts map[wire.ConnID][]string, asked func(wire.ConnID) int, least int) string {
	if wrong := miscounted(posted, to); wrong != "" {
		return wrong
	}
	delivered := 0
	for _, id := range to {
		did := scripts[id]
		for len(did) < asked(id) {
			did = append(did, did[len(did)-1])
		}
		did = did[:asked(id)]
		became := "again"
		for i, d := range did {
			if became = means[d]; became != "again" && i < len(did)-1 {
				return fmt.Sprintf("%s did %q: it was asked again for nothing", id, did)
			}
		}
		if became == "again" {
			if len(did) < least {
				return fmt.Sprintf("%s did %q, and was given up", id, did)
			}
			became = "failed"
		}
		if became == "delivered" {
			delivered++
		}
		if slices.Contains(posted.Gone, id) != (became == "gone") || slices.Contains(posted.Failed, id) != (became == "failed") {
			return fmt.Sprintf("%s did %q, which is not what %+v says", id, did, posted)
		}
	}
	if posted.Delivered != delivered {
		return fmt.Sprintf("%d were delivered, and %+v", delivered, posted)
	}
	return ""
}

func TestAnEndpointThatHangsHoldsUpItsOwnSlotOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := numbered(1000)
		begun := time.Now()
		var last time.Duration // when the last of the others was asked for
		e := newScripted(t, func(id wire.ConnID, _ int) string {
			if id == to[0] {
				return hang
			}
			last = max(last, time.Since(begun))
			return ok
		})
		var report poster.Report
		p := e.poster(poster.Options{Connections: 2, Report: func(_ context.Context, r poster.Report) { report = r }})
		posted := p.Post(t.Context(), to, body)
		counted(t, posted, to)
		if posted.Delivered != len(to)-1 || posted.Failed[0] != to[0] || e.asked(to[0]) != 1 {
			t.Errorf("posted %+v", posted)
		}
		if last != 0 || time.Since(begun) != poster.DefaultTimeout {
			t.Errorf("others were asked after up to %v, all was done after %v", last, time.Since(begun))
		}
		if report.Delivered != 999 || report.Failed != 1 || report.Causes[poster.CauseTimeout] != 1 {
			t.Errorf("reported %+v", report)
		}
	})
}

func TestPostLeavesTimeForTheAck(t *testing.T) {
	for name, does := range map[string]string{"throttled": status("429"), "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newScripted(t, func(wire.ConnID, int) string { return does })
				to := numbered(500)
				const time10 = 10 * time.Second
				ctx, cancel := context.WithTimeout(t.Context(), time10)
				defer cancel()
				begun := time.Now()
				posted := e.poster(poster.Options{}).Post(ctx, to, body)
				counted(t, posted, to)
				if left := time10 - time.Since(begun); len(posted.Failed) != len(to) || left < 500*time.Millisecond {
					t.Errorf("%d failed, and %v are left", len(posted.Failed), left)
				}
			})
		})
	}
}

func TestPostEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newScripted(t, func(wire.ConnID, int) string { return hang })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		to := numbered(300)
		posted := e.poster(poster.Options{}).Post(ctx, to, body)
		counted(t, posted, to)
		if len(posted.Failed) != len(to) || time.Since(begun) != time.Second {
			t.Errorf("%d failed, after %v", len(posted.Failed), time.Since(begun))
		}
		if posted := e.poster(poster.Options{}).Post(ctx, to, body); len(posted.Failed) != len(to) {
			t.Errorf("its time was over, and it posted %+v", posted)
		}
	})
}

// When all are throttled, the endpoint must not be asked as fast as it says no.
func TestThrottlingMakesEveryWorkerSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const allowed = 200 // a second
		second, count, refusals := time.Now(), 0, 0
		lock := make(chan struct{}, 1)
		e := newScripted(t, func(wire.ConnID, int) string {
			lock <- struct{}{}
			defer func() { <-lock }()
			if time.Since(second) >= time.Second {
				second, count = time.Now(), 0
			}
			if count++; count > allowed {
				refusals++
				return status("429")
			}
			return ok
		})
		to := numbered(2000)
		posted := e.poster(poster.Options{}).Post(t.Context(), to, body)
		counted(t, posted, to)
		if posted.Delivered != len(to) || refusals > 2*len(to) {
			t.Errorf("posted %d, %d gone, %d failed, with %d refusals", posted.Delivered, len(posted.Gone), len(posted.Failed), refusals)
		}
	})
}

// A receiver that does not read is throttled like everything else. It must not
// keep others waiting, and must not be waited for until the time is over.
func TestSlowReceiversAreTriedAgainAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := numbered(1000)
		slow := map[wire.ConnID]bool{to[3]: true, to[500]: true, to[999]: true}
		begun := time.Now()
		others := make(chan time.Duration, len(to))
		e := newScripted(t, func(id wire.ConnID, _ int) string {
			if slow[id] {
				return status("429")
			}
			others <- time.Since(begun)
			return ok
		})
		posted := e.poster(poster.Options{Connections: 4}).Post(t.Context(), to, body)
		counted(t, posted, to)
		close(others)
		var last time.Duration
		for d := range others {
			last = max(last, d)
		}
		if posted.Delivered != 997 || last > 100*time.Millisecond {
			t.Errorf("%d delivered, the last of them after %v", posted.Delivered, last)
		}
		if took := time.Since(begun); took < 100*time.Millisecond || took > 5*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
}

// A post to many must not keep one to few waiting until its own end.
func TestPostsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newScripted(t, func(wire.ConnID, int) string {
			time.Sleep(time.Millisecond)
			return ok
		})
		p := e.poster(poster.Options{Connections: 2})
		begun := time.Now()
		var many time.Duration
		var posts sync.WaitGroup
		posts.Go(func() {
			p.Post(t.Context(), numbered(1000), body)
			many = time.Since(begun)
		})
		synctest.Wait()
		p.Post(t.Context(), []wire.ConnID{"few"}, body)
		few := time.Since(begun)
		posts.Wait()
		if few > 5*time.Millisecond || many < 500*time.Millisecond {
			t.Errorf("many took %v, one %v", many, few)
		}
		if e.dialed != 2 {
			t.Errorf("there were %d connections", e.dialed)
		}
	})
}

// API Gateway takes a signature for five minutes.
func TestSignaturesAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newScripted(t, func(wire.ConnID, int) string {
			time.Sleep(time.Second)
			return ok
		})
		e.look = func(r *http.Request) {
			signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if age := time.Since(signed); err != nil || age < 0 || age > 90*time.Second {
				t.Errorf("signed %v ago: %v", age, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if posted := e.poster(poster.Options{Connections: 1}).Post(ctx, numbered(300), body); posted.Delivered != 300 {
			t.Errorf("posted %+v", posted)
		}
	})
}

// A process that was frozen does not hear that its connections were closed.
func TestConnectionsThatWereIdleForLongAreNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newScripted(t, func(wire.ConnID, int) string { return ok })
		p := e.poster(poster.Options{})
		for _, c := range []struct {
			idle   time.Duration
			dialed int
		}{{0, 1}, {20 * time.Second, 1}, {time.Minute, 2}} {
			time.Sleep(c.idle)
			if posted := p.Post(t.Context(), []wire.ConnID{"c"}, body); posted.Delivered != 1 || e.dialed != c.dialed {
				t.Errorf("after %v: %+v, and %d connections", c.idle, posted, e.dialed)
			}
		}
	})
}

func TestCloseIsRepeatedUntilItIsDone(t *testing.T) {
	for _, script := range [][]string{
		{status("204")},
		{status("410")},
		{status("429"), status("504"), reset, hang, torn, status("410")},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newScripted(t, func(_ wire.ConnID, n int) string { return script[n] })
			if err := e.poster(poster.Options{}).Close(t.Context(), "c", wire.CloseTokenExpired, "why"); err != nil || e.asked("c") != len(script) {
				t.Errorf("%q: asked %d times: %v", script, e.asked("c"), err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		e := newScripted(t, func(wire.ConnID, int) string { return status("403") })
		err := e.poster(poster.Options{}).Close(t.Context(), "MARKER", wire.CloseTokenExpired, "MARKER")
		if err == nil || strings.Contains(err.Error(), "MARKER") || !strings.Contains(err.Error(), "403") {
			t.Errorf("refused: %v", err)
		}
	})
}

func TestNobodyIsNobody(t *testing.T) {
	if posted := poster.New(poster.Options{Endpoint: "http://127.0.0.1:1"}).Post(t.Context(), nil, body); posted.Delivered+len(posted.Gone)+len(posted.Failed) != 0 {
		t.Errorf("posted %+v", posted)
	}
}

func TestEndpointsAreReached(t *testing.T) {
	for _, c := range []struct{ endpoint, address, host, path string }{
		{"http://endpoint/prod", "endpoint:80", "endpoint", "/prod/@connections/a%2Fb%3D"},
		{"http://endpoint:80/prod/", "endpoint:80", "endpoint", "/prod/@connections/a%2Fb%3D"},
		{"http://endpoint:8080", "endpoint:8080", "endpoint:8080", "/@connections/a%2Fb%3D"}, // a custom domain
		{"http://[::1]:8080/a%20b", "[::1]:8080", "[::1]:8080", "/a%20b/@connections/a%2Fb%3D"},
		{"http://[::1]:/a", "[::1]:80", "[::1]", "/a/@connections/a%2Fb%3D"},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newScripted(t, func(wire.ConnID, int) string { return ok })
			e.look = func(r *http.Request) {
				if r.Host != c.host || r.RequestURI != c.path {
					t.Errorf("%s: asked %s for %s", c.endpoint, r.Host, r.RequestURI)
				}
			}
			p := e.poster(poster.Options{Endpoint: c.endpoint})
			if posted := p.Post(t.Context(), []wire.ConnID{"a/b="}, body); posted.Delivered != 1 || e.address != c.address {
				t.Errorf("%s: dialed %s, posted %+v", c.endpoint, e.address, posted)
			}
		})
	}
}

func TestABadEndpointIsReported(t *testing.T) {
	for _, bad := range []string{"", "execute-api", "wss://host/prod", "http://", "http://%"} {
		var report poster.Report
		p := poster.New(poster.Options{Endpoint: bad, Report: func(_ context.Context, r poster.Report) { report = r }})
		if posted := p.Post(t.Context(), numbered(2), body); len(posted.Failed) != 2 || report.Causes[poster.CauseEndpoint] != 2 {
			t.Errorf("%q: posted %+v, reported %+v", bad, posted, report)
		}
		if p.Close(t.Context(), "c", 0, "") == nil {
			t.Errorf("%q: something was closed", bad)
		}
	}
}
