package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/retention"
	"tacet/core/wire"
	"tacet/infra/local/watch"
	"tacet/infra/metrics"
)

type ages []retention.Age

func (a ages) Ages(context.Context, time.Time) ([]retention.Age, error) { return a, nil }

// options are those of a platform that has everything.
func options(c *metrics.Counts) watch.Options {
	return watch.Options{
		Counts: c, Version: "v1.2.3", Node: "0123456789abcdef", Connections: func() int { return 7 }, Ready: func(context.Context) error { return nil },
		Ages: ages{
			{Class: retention.Events, Oldest: time.Now().Add(-48 * time.Hour), Excess: 2 * time.Hour}, {Class: retention.Rollups}, {Class: "MARKER"},
		},
		Space:  func() (watch.Space, error) { return watch.Space{Used: 5 << 20, Free: 7 << 30}, nil },
		Jobs:   func(context.Context) (int, error) { return 2, nil },
		Rolled: time.Now, Reclaimed: time.Now, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
}

func publish(c *metrics.Counts, n int, code wire.Code) {
	for range n {
		c.Published(context.Background(), 300, wire.Counts{Matched: 2, Delivered: 2}, 3*time.Millisecond)
		c.Answered(context.Background(), wire.TypePublish, code, 3*time.Millisecond)
	}
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	r.RemoteAddr = "127.0.0.1:50000"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var here = watch.Exposure{Here: true, Operator: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer operator" }}

var elsewhere = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

// sample is a line of a scrape.
var sample = regexp.MustCompile(`^([a-z_:0-9]+)(?:\{(.*)\})? (\S+)$`)

// Every label that there is has a value out of a closed list, whatever clients
// do: an id as a label is a figure for each client, and says who.
func TestNoLabelHoldsWhatAClientChose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := metrics.New()
		publish(c, 3, 0)
		for code := range 5000 {
			c.Answered(t.Context(), wire.Type("MARKER"), wire.Code(code), 0)
			c.Connected(t.Context(), wire.Code(code))
		}
		c.Recorded(t.Context(), false)
		c.Requested(metrics.Request{Route: "/v1/apps/{app}", Method: "GET", Status: 404})
		w := watch.New(options(c))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.Run(ctx)
		synctest.Wait()
		allowed := map[string][]string{
			"verb": metrics.Verbs(), "code": metrics.Codes(), "kept": {"true", "false"}, "why": {"gone", "failed"},
			"class": {"event", "rollup", "activity", "request"}, "route": {"/v1/apps/{app}"}, "method": {"GET"}, "status": {"404"},
			"version": {"v1.2.3"}, "go": nil, "le": nil, "quantile": nil,
		}
		label := regexp.MustCompile(`([a-z]+)="([^"]*)"`)
		names := map[string]bool{}
		for line := range strings.Lines(get(w.Beside(elsewhere, here), "/metrics").Body.String()) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			parts := sample.FindStringSubmatch(strings.TrimSpace(line))
			if parts == nil {
				t.Fatalf("no sample: %s", line)
			}
			names[parts[1]] = true
			if !strings.HasPrefix(parts[1], "tacet_") {
				continue // of the runtime and the process
			}
			for _, l := range label.FindAllStringSubmatch(parts[2], -1) {
				values, known := allowed[l[1]]
				if !known || values != nil && !slices.Contains(values, l[2]) {
					t.Errorf("label %s has the value %q in %s", l[1], l[2], line)
				}
			}
		}
		for _, name := range []string{
			"tacet_messages_published_total", "tacet_deliveries_total", "tacet_deliveries_missed_total", "tacet_frames_answered_total", "tacet_connections_open",
			"tacet_connects_total", "tacet_disconnects_total", "tacet_delivery_seconds_bucket", "tacet_message_bytes_bucket", "tacet_telemetry_events_total",
			"tacet_http_requests_total", "tacet_oldest_readable_seconds", "tacet_retention_excess_seconds", "tacet_build_info", "tacet_store_used_bytes",
			"tacet_store_free_bytes", "tacet_jobs_waiting", "go_goroutines", "process_open_fds",
		} {
			if !names[name] {
				t.Errorf("%s is missing", name)
			}
		}
	})
}

func TestFiguresAreWhatWasCounted(t *testing.T) {
	c := metrics.New()
	publish(c, 3, wire.CodeRate)
	body := get(watch.New(options(c)).Beside(elsewhere, here), "/metrics").Body.String()
	for _, want := range []string{
		"tacet_messages_published_total 3\n", "tacet_deliveries_total 6\n", `tacet_frames_answered_total{code="4301",verb="publish"} 3` + "\n", "tacet_connections_open 7\n",
		`tacet_delivery_seconds_bucket{le="0.0025"} 0` + "\n", `tacet_delivery_seconds_bucket{le="0.005"} 3` + "\n", "tacet_delivery_seconds_sum 0.009\n",
		`tacet_message_bytes_bucket{le="1024"} 3` + "\n", "tacet_message_bytes_sum 900\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}

func TestOnlyTheMachineItselfAndTheOperatorSee(t *testing.T) {
	h := watch.New(options(metrics.New())).Beside(elsewhere, here)
	behind := watch.New(options(metrics.New())).Beside(elsewhere, watch.Exposure{Operator: here.Operator})
	for _, path := range []string{"/metrics", "/status"} {
		for name, c := range map[string]struct {
			h      http.Handler
			header []string
			want   int
		}{
			"itself":                     {h, nil, 200},
			"by name":                    {h, []string{"Host", "localhost:8080"}, 200},
			"IPv6":                       {h, []string{"Host", "[::1]:8080"}, 200},
			"a name that leads here":     {h, []string{"Host", "evil.example:8080"}, 403},
			"a name with a number in it": {h, []string{"Host", "127.0.0.1.evil.example"}, 403},
			"a page of another site":     {h, []string{"Sec-Fetch-Site", "cross-site"}, 403},
			"a page of the same site":    {h, []string{"Sec-Fetch-Site", "same-site", "Authorization", "Bearer operator"}, 403},
			"an address bar":             {h, []string{"Sec-Fetch-Site", "none"}, 200},
			"through a proxy":            {h, []string{"X-Forwarded-For", "203.0.113.7"}, 403},
			"through another":            {h, []string{"Forwarded", "for=203.0.113.7"}, 403},
			"the operator, by a name":    {h, []string{"Host", "tacet.example.org", "Authorization", "Bearer operator"}, 200},
			"the operator, by a proxy":   {behind, []string{"X-Forwarded-For", "203.0.113.7", "Authorization", "Bearer operator"}, 200},
			"anybody, by a proxy":        {behind, nil, 403},
			"somebody else":              {behind, []string{"Authorization", "Bearer other"}, 403},
		} {
			if w := get(c.h, path, c.header...); w.Code != c.want {
				t.Errorf("%s, %s: %d, want %d", path, name, w.Code, c.want)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil)
		r.RemoteAddr = "203.0.113.7:50000"
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 403 || !strings.Contains(w.Body.String(), "--metrics-listen") {
			t.Errorf("%s from elsewhere: %d %s", path, w.Code, w.Body)
		}
		r = httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080"+path, nil)
		r.RemoteAddr = "127.0.0.1:50000"
		w = httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	if w := get(h, "/v1/me"); w.Code != http.StatusTeapot {
		t.Errorf("what is no figure: %d", w.Code)
	}
}

func TestAListenerOfItsOwnShowsAllToWhoGetsThere(t *testing.T) {
	w := watch.New(options(metrics.New()))
	open, local := w.Alone(elsewhere, false), w.Alone(elsewhere, true)
	for _, c := range []struct {
		h    http.Handler
		path string
		host string
		want int
	}{
		{open, "/metrics", "prometheus.internal", 200},
		{open, "/status", "prometheus.internal", 200},
		{open, "/readyz", "x", http.StatusTeapot},
		{open, "/healthz", "x", http.StatusTeapot},
		{open, "/v1/me", "x", 404},
		{open, "/", "x", 404},
		{local, "/metrics", "127.0.0.1:9090", 200},
		{local, "/metrics", "evil.example", 403},
		{local, "/readyz", "localhost", http.StatusTeapot},
	} {
		if got := get(c.h, c.path, "Host", c.host); got.Code != c.want {
			t.Errorf("%s of %s: %d, want %d", c.path, c.host, got.Code, c.want)
		}
	}
}

func status(t *testing.T, h http.Handler) watch.Status {
	t.Helper()
	w := get(h, "/status")
	var s watch.Status
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return s
}

func TestRatesAreThoseOfTheLastMinuteAndHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := metrics.New()
		w := watch.New(options(c))
		h := w.Beside(elsewhere, here)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go w.Run(ctx)
		publish(c, 600, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := status(t, h); s.Minute.Messages != 10 || s.Minute.Deliveries != 20 || s.Minute.P50 < 2.5 || s.Minute.P99 > 5 || s.UptimeSeconds != 60 {
			t.Errorf("after the first minute: %+v", s)
		}
		time.Sleep(2 * time.Minute)
		publish(c, 60, wire.CodeRate)
		synctest.Wait()
		s := status(t, h)
		if s.Minute.Messages != 1 || s.Minute.Errors["4301"] != 60 || s.Total.Messages != 660 || len(s.Hour) != 3 || s.Hour[0].Messages != 10 || s.Hour[1].Messages != 0 {
			t.Errorf("two minutes later: %+v", s)
		}
		if s.Version != "v1.2.3" || !s.Ready || s.Connections != 7 || s.Store.Free != 7<<30 || *s.JobsWaiting != 2 || s.Rolled == nil || s.Goroutines == 0 || s.MemoryBytes == 0 {
			t.Errorf("got %+v", s)
		}
		if len(s.Oldest) != 2 || !s.Oldest[0].Broken || s.Oldest[0].ExcessSeconds != 7200 || s.Oldest[1].At != nil {
			t.Errorf("oldest: %+v", s.Oldest)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if s := status(t, h); len(s.Hour) != 60 || s.Minute.Messages != 0 || s.Minute.P99 != 0 {
			t.Errorf("after three hours there are %d minutes, and %+v", len(s.Hour), s.Minute)
		}
	})
}

func TestAPageForPeopleLoadsNothing(t *testing.T) {
	c := metrics.New()
	publish(c, 5, wire.CodeRate)
	o := options(c)
	o.Version = "<v1>"
	o.Ready = func(context.Context) error { return errors.New("MARKER") }
	w := get(watch.New(o).Beside(elsewhere, here), "/status", "Accept", "text/html,*/*;q=0.8")
	page := w.Body.String()
	for _, want := range []string{"not ready", "&lt;v1&gt;", "<svg", "4301 rate", "7</b><span>connections"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in %s", want, page)
		}
	}
	for _, not := range []string{"MARKER", "<script", "src=", "href=", "style=", "<v1>"} {
		if strings.Contains(page, not) {
			t.Errorf("%q is in %s", not, page)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("policy: %s", policy)
	}
}

func TestWhatCannotBeFoundOutIsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		o := options(metrics.New())
		o.Log = slog.New(slog.NewTextHandler(&b, nil))
		o.Space = func() (watch.Space, error) { return watch.Space{}, errors.New("no disk") }
		ctx, cancel := context.WithCancel(t.Context())
		w := watch.New(o)
		done := make(chan struct{})
		go func() { w.Run(ctx); close(done) }()
		synctest.Wait()
		cancel()
		<-done
		if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "no disk") {
			t.Errorf("got %s", got)
		}
	})
}
