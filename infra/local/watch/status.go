package watch

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"time"

	"tacet/infra/httpapi"
)

// Status is how the platform is doing. Its JSON is published.
type Status struct {
	httpapi.Status
	Node          string   `json:"node"`
	Go            string   `json:"go"`
	UptimeSeconds float64  `json:"uptimeSeconds"`
	Connections   int      `json:"connections"`
	Minute        Minute   `json:"lastMinute"`
	Hour          []minute `json:"hour"`
	Total         Total    `json:"sinceStart"`
	Store         *Space   `json:"store,omitempty"`
	Oldest        []Oldest `json:"oldestReadable"`
	// JobsWaiting is nil where nobody counts them.
	JobsWaiting *int       `json:"jobsWaiting,omitempty"`
	Rolled      *time.Time `json:"lastRollup,omitempty"`
	Reclaimed   *time.Time `json:"lastReclaim,omitempty"`
	MemoryBytes uint64     `json:"memoryBytes"`
	Goroutines  int        `json:"goroutines"`
}

// Minute is the last minute, or what there is of it.
type Minute struct {
	Messages   float64           `json:"messagesPerSecond"`
	Deliveries float64           `json:"deliveriesPerSecond"`
	P50        float64           `json:"deliveryP50Ms"`
	P99        float64           `json:"deliveryP99Ms"`
	Errors     map[string]uint64 `json:"errors"` // by code
}

// Total is what has happened since the start.
type Total struct {
	Messages   uint64            `json:"messages"`
	Deliveries uint64            `json:"deliveries"`
	Connects   uint64            `json:"connects"`
	EventsLost uint64            `json:"eventsLost"`
	Errors     map[string]uint64 `json:"errors"`
}

// Oldest is the oldest record of a class that can still be read.
type Oldest struct {
	Class         string     `json:"class"`
	At            *time.Time `json:"at,omitempty"` // nil when there is none
	ExcessSeconds float64    `json:"excessSeconds"`
	Broken        bool       `json:"broken"` // it should long have been gone
}

// now returns how the platform is doing.
func (w *Watch) now(r *http.Request) Status {
	totals, found := w.Counts.Totals(), w.found.Load()
	now := sampleOf(w.Now(), totals)
	from := w.rates.before(now.at, time.Minute)
	s := Status{
		Status: httpapi.Status{Version: w.Version, Ready: w.Ready(r.Context()) == nil}, Node: w.Node, Go: runtime.Version(),
		UptimeSeconds: now.at.Sub(w.started).Truncate(time.Millisecond).Seconds(), Connections: w.Connections(),
		Hour: w.rates.minutes(seldom), Minute: lastMinute(from, now), Store: found.space, JobsWaiting: found.jobs, Goroutines: runtime.NumGoroutine(),
		Total:  Total{now.messages, now.deliveries, totals.Arrived(), totals.Lost, now.refused},
		Oldest: []Oldest{}, Rolled: last(w.Rolled), Reclaimed: last(w.Reclaimed),
	}
	for _, a := range found.ages {
		o := Oldest{Class: string(a.Class), ExcessSeconds: a.Excess.Seconds(), Broken: a.Excess > broken}
		if !a.Oldest.IsZero() {
			at := a.Oldest.UTC()
			o.At = &at
		}
		s.Oldest = append(s.Oldest, o)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.MemoryBytes = m.Sys - m.HeapReleased
	return s
}

func last(at func() time.Time) *time.Time {
	if at == nil {
		return nil
	}
	t := at().UTC()
	if t.IsZero() {
		return nil
	}
	return &t
}

func lastMinute(from, to sample) Minute {
	rate, times := between(from, to), to.times.Since(from.times)
	m := Minute{
		Messages: rate.Messages, Deliveries: rate.Deliveries, Errors: map[string]uint64{},
		P50: times.Quantile(0.5) / 1e6, P99: times.Quantile(0.99) / 1e6,
	}
	for code, n := range to.refused {
		if n -= from.refused[code]; n > 0 {
			m.Errors[code] = n
		}
	}
	return m
}

// status answers with the page for people to browsers, and with JSON to
// programs.
func (w *Watch) status(rw http.ResponseWriter, r *http.Request) {
	s := w.now(r)
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+styleHash+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		rw.Header().Set("Referrer-Policy", "no-referrer")
		rw.Write(s.page(w.Now(), w.curve()))
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(rw)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(s) // the client is gone
}

// curve is what the picture shows: minutes, or while there are few, what there
// is between two looks.
func (w *Watch) curve() []minute {
	if w.Now().Sub(w.started) < 10*seldom {
		return w.rates.minutes(often)
	}
	return w.rates.minutes(seldom)
}
