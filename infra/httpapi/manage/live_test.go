package manage_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/app"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/manage"
)

// ticker is a store in which a message is recorded each second, for ever, and
// that fails while it is broken.
type ticker struct {
	mu     sync.Mutex
	broken bool
}

func (s *ticker) Each(_ context.Context, of app.ID, from, to, _ time.Time, f func(telemetry.Event) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("not now")
	}
	for at := from.Truncate(time.Second); at.Before(to); at = at.Add(time.Second) {
		if at.Before(from) {
			continue
		}
		if err := f(telemetry.Event{App: of, Topic: "chat", Size: 3, Subscribers: 2, At: at}); err != nil {
			return err
		}
	}
	return nil
}

func (s *ticker) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// screen is where somebody looks on.
type screen struct {
	mu     sync.Mutex
	header http.Header
	status int
	text   strings.Builder
	stuck  chan struct{} // not nil while nothing is read
	end    context.CancelFunc
	ended  chan struct{}
}

func (s *screen) Header() http.Header { return s.header }
func (s *screen) WriteHeader(status int) {
	s.status = status
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	stuck := s.stuck
	s.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// shown returns what came since the last call.
func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.text.Reset()
	return s.text.String()
}

// figures returns the events among what was shown, and how many seconds each is
// of.
func (s *screen) figures(t *testing.T) (all []telemetry.Live) {
	t.Helper()
	for line := range strings.SplitSeq(s.shown(), "\n") {
		if data, ok := strings.CutPrefix(line, "data: {\"at\""); ok {
			var l telemetry.Live
			if err := json.Unmarshal([]byte("{\"at\""+data), &l); err != nil {
				t.Fatal(err)
			}
			all = append(all, l)
		}
	}
	return all
}

// stage is an application of ann's, with live figures.
type stage struct {
	*rig
	ann  string
	path string
	tick *ticker
	stop chan struct{}
}

func newStage(t *testing.T, change ...func(*manage.API)) *stage {
	t.Helper()
	s := &stage{tick: &ticker{}, stop: make(chan struct{})}
	s.rig = newRig(t, append([]func(*manage.API){func(a *manage.API) {
		a.Live = manage.Live{Events: s.tick, Stopping: s.stop}
		a.Accounts.Now = time.Now // by which the bubble's timers go
	}}, change...)...)
	s.now = time.Now() // of the stores, by whose clock nothing ends
	s.ann = s.signIn("ann")
	account := s.account(s.ann, `{"profile":{"email":"ann@example.org"}}`)
	made := s.want(201, "", "POST", account+"/apps", `{"name":"shop"}`, bearer(s.ann)...)
	_, id, _ := strings.Cut(made.Header().Get("Location"), "/apps/")
	s.path = "/v1/apps/" + id + "/live"
	return s
}

// look begins to look on.
func (s *stage) look(header ...string) *screen {
	ctx, cancel := context.WithCancel(context.Background())
	at := &screen{header: http.Header{}, end: cancel, ended: make(chan struct{})}
	q := request("GET", s.path, "", append(bearer(s.ann), header...)...).WithContext(ctx)
	go func() {
		defer close(at.ended)
		s.handler.ServeHTTP(at, q)
	}()
	synctest.Wait()
	return at
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func wantEnd(t *testing.T, at *screen, reason string) {
	t.Helper()
	synctest.Wait()
	if text := at.shown(); !strings.HasSuffix(text, "event: end\ndata: {\"reason\":\""+reason+"\"}\n\n") {
		t.Errorf("it ends with %q, want %s", text[max(0, len(text)-200):], reason)
	}
	select {
	case <-at.ended:
	default:
		t.Error("it goes on")
		at.end()
	}
}

func TestWhoLooksOnGetsAnEventOfEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		at := s.look()
		if begin := at.shown(); !strings.HasPrefix(begin, "retry: 2000\n:\n\n") || at.header.Get("Content-Type") != "text/event-stream" || at.header.Get("Cache-Control") != "no-store" {
			t.Errorf("it begins with %q and %v", begin, at.header)
		}
		pass(10*time.Second + time.Millisecond)
		text := at.shown()
		if n := strings.Count(text, "\ndata: {\"at\""); n != 10 || strings.Count(text, "\"seconds\":1,\"messages\":1,") != 10 || strings.Count(text, "id: ") != 10 {
			t.Errorf("in ten seconds there were %d events: %s", n, text)
		}
		at.end()
		<-at.ended
		pass(time.Minute) // nothing is left that would go on
	})
}

func TestWhoComesBackGetsWhatHeMissed(t *testing.T) {
	for missed, want := range map[time.Duration]int{3 * time.Second: 3, time.Hour: telemetry.MaxLiveSeconds, -time.Hour: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			pass(100 * time.Millisecond)
			last := time.Now().Add(-time.Second - missed).Truncate(time.Second)
			at := s.look("Last-Event-ID", jsonOf(t, last.Unix()))
			if got := at.figures(t); len(got) != 1 || got[0].Seconds != want || got[0].Messages != int64(want) {
				t.Errorf("after %v: %+v", missed, got)
			}
			at.end()
			<-at.ended
		})
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A reader that is stuck must not have figures pile up behind him.
func TestWhoReadsSlowlyGetsFewerAndLargerFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		at := s.look()
		at.mu.Lock()
		stuck := make(chan struct{})
		at.stuck = stuck
		at.mu.Unlock()
		pass(20 * time.Second)
		at.shown()
		at.mu.Lock()
		at.stuck = nil
		at.mu.Unlock()
		close(stuck)
		pass(2 * time.Second)
		got := at.figures(t)
		seconds := 0
		for _, l := range got {
			seconds += l.Seconds
		}
		if len(got) > 5 || seconds < 20 {
			t.Errorf("after 20 seconds %d events of %d seconds", len(got), seconds)
		}
		at.end()
		<-at.ended
	})
}

func TestFiguresThatCannotBeReadComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		at := s.look()
		at.shown()
		s.tick.set(true)
		pass(5 * time.Second)
		if text := at.shown(); strings.Contains(text, "data:") || strings.Count(text, ":\n\n") < 3 || strings.Count(text, ":\n\n") > 7 {
			t.Errorf("while nothing can be read: %q", text)
		}
		s.tick.set(false)
		pass(2 * time.Second)
		got := at.figures(t)
		if len(got) == 0 || got[0].Seconds < 4 {
			t.Errorf("afterwards: %+v", got)
		}
		at.end()
		<-at.ended
	})
}

func TestLookingOnEndsWithTheRightTo(t *testing.T) {
	for reason, do := range map[string]func(*stage){
		"signed-out": func(s *stage) {
			s.want(204, "", "DELETE", "/v1/sessions/current", "", bearer(s.ann)...)
			pass(2 * time.Minute)
		},
		"gone": func(s *stage) {
			accounts := s.want(200, "", "GET", "/v1/accounts", "", bearer(s.ann)...).Body.String()
			_, id, _ := strings.Cut(accounts, `"id":"`)
			_, of, _ := strings.Cut(strings.TrimSuffix(s.path, "/live"), "/v1")
			s.want(204, "", "DELETE", "/v1/accounts/"+id[:32]+of, "", append(bearer(s.ann), "If-Match", "*")...)
			pass(2 * time.Minute)
		},
		"restart": func(s *stage) { close(s.stop) },
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				at := s.look()
				do(s)
				wantEnd(t, at, reason)
			})
		})
	}
}

func TestLookingOnEndsWithTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		pass(12*time.Hour - 10*time.Second)
		at := s.look()
		pass(8 * time.Second)
		if len(at.figures(t)) < 7 {
			t.Error("it ends before the session does")
		}
		pass(3 * time.Second) // and not a minute later
		wantEnd(t, at, "signed-out")
	})
}

func TestAsManyLookOnAsThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(a *manage.API) { a.Live.Most = 2 })
		first, second := s.look(), s.look()
		third := s.look()
		if text := third.shown(); third.status != 503 || !strings.Contains(text, "close a page") || third.header.Get("Retry-After") != "30" {
			t.Errorf("the third gets %d %s", third.status, text)
		}
		first.end()
		<-first.ended
		if fourth := s.look(); fourth.status != 200 {
			t.Errorf("there is room, and the fourth gets %d", fourth.status)
		} else {
			fourth.end()
			<-fourth.ended
		}
		second.end()
		<-second.ended
	})
}

// Where answers are held back, each ends after one event, at once.
func TestWhereNothingCanBeStreamedAnAnswerIsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, func(a *manage.API) { a.Live.Once = true })
		begun := time.Now()
		text := s.want(200, "retry: 2000", "GET", s.path, "", bearer(s.ann)...).Body.String()
		if strings.Count(text, "data: ") != 1 || !strings.Contains(text, `"seconds":2,"messages":2`) || time.Since(begun) != 0 {
			t.Errorf("after %v: %q", time.Since(begun), text)
		}
		_, id, _ := strings.Cut(text, "id: ")
		id, _, _ = strings.Cut(id, "\n")
		if again := s.want(200, "retry: 2000", "GET", s.path, "", append(bearer(s.ann), "Last-Event-ID", id)...).Body.String(); strings.Contains(again, "data") {
			t.Errorf("nothing is new, and: %q", again)
		}
		pass(5 * time.Second)
		s.want(200, `"seconds":5,"messages":5`, "GET", s.path, "", append(bearer(s.ann), "Last-Event-ID", id)...)
	})
}

func TestAnAnswerEndsAfterAsManyEventsAsAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.path += "?events=3"
		at := s.look()
		pass(5 * time.Second)
		text := at.shown()
		if strings.Count(text, "data: {\"at\"") != 3 || !strings.HasSuffix(text, "{\"reason\":\"enough\"}\n\n") {
			t.Errorf("got %q", text)
		}
		<-at.ended
		s.want(400, "events", "GET", s.path[:len(s.path)-1]+"0", "", bearer(s.ann)...)
		s.want(200, "", "HEAD", strings.TrimSuffix(s.path, "?events=3"), "", bearer(s.ann)...) // which would never end
	})
}

func TestABrowserThatGoesThereIsShownAPage(t *testing.T) {
	s := newStage(t)
	w := s.do("GET", s.path, "", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	other := httptest.NewRecorder()
	s.handler.ServeHTTP(other, request("GET", strings.Replace(s.path, "/live", "/other", 1), "", "Accept", "text/html"))
	if other.Code != 404 {
		t.Errorf("another address is %d", other.Code)
	}
	s.want(401, "sign in", "GET", s.path, "", "Accept", "text/event-stream")
	s.want(401, "sign in", "GET", s.path, "", "Accept", "*/*")
	without := newRig(t)
	ann := without.signIn("ann")
	account := without.account(ann, `{"profile":{"email":"ann@example.org"}}`)
	made := without.want(201, "", "POST", account+"/apps", `{"name":"shop"}`, bearer(ann)...)
	_, id, _ := strings.Cut(made.Header().Get("Location"), "/apps/")
	without.want(404, "no live figures here", "GET", "/v1/apps/"+id+"/live", "", bearer(ann)...)
}
