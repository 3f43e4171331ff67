package watch

import (
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tacet/infra/metrics"
)

// exporter shows counts to Prometheus. They are counted elsewhere, without it:
// a scrape reads them.
type exporter struct{ w *Watch }

// Metrics returns the handler of a scrape.
func (w *Watch) Metrics() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(exporter{w}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: 4, ErrorHandling: promhttp.ContinueOnError})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tacet_"+name, help, labels, nil)
}

var (
	messages    = describe("messages_published_total", "Messages that clients and backends have published.")
	deliveries  = describe("deliveries_total", "Frames of messages that were handed to connections.")
	missed      = describe("deliveries_missed_total", "Frames of messages that did not reach a connection: it was gone, or could not be reached.", "why")
	answered    = describe("frames_answered_total", "Frames of clients, by verb and by the number of the error (0: none).", "verb", "code")
	connects    = describe("connects_total", "Handshakes, by the number of the error (0: let in).", "code")
	disconnects = describe("disconnects_total", "Connections that ended.")
	open        = describe("connections_open", "Connections that are open.")
	times       = describe("delivery_seconds", "Time from the receipt of a message to its last post.")
	sizes       = describe("message_bytes", "Sizes of messages.")
	events      = describe("telemetry_events_total", "Events of telemetry, by whether they were kept.", "kept")
	requests    = describe("http_requests_total", "HTTP requests, by the pattern of their route.", "route", "method", "status")
	oldest      = describe("oldest_readable_seconds", "Age of the oldest record that can be read, by class.", "class")
	excess      = describe("retention_excess_seconds", "By how much the worst record is older than it may be, by class; more than an hour is a promise broken.", "class")
	used        = describe("store_used_bytes", "Size of the data folder.")
	free        = describe("store_free_bytes", "What can still be written where the data folder is.")
	waiting     = describe("jobs_waiting", "Jobs, such as deletions, that are not done yet.")
	uptime      = describe("uptime_seconds", "How long the platform has been running.")
	build       = describe("build_info", "What is running.", "version", "go")
)

var all = []*prometheus.Desc{
	messages, deliveries, missed, answered, connects, disconnects, open, times, sizes, events, requests, oldest, excess, used, free, waiting, uptime, build,
}

// Describe implements prometheus.Collector.
func (e exporter) Describe(to chan<- *prometheus.Desc) {
	for _, d := range all {
		to <- d
	}
}

// sink takes metrics.
type sink chan<- prometheus.Metric

func (s sink) count(d *prometheus.Desc, n uint64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func (s sink) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// distribution shows values in a unit, of which one has so many.
func (s sink) distribution(d *prometheus.Desc, of metrics.Distribution, unit float64) {
	below, n := make(map[float64]uint64, len(of.Bounds)), uint64(0)
	for i, bound := range of.Bounds {
		n += of.Counts[i]
		below[float64(bound)/unit] = n
	}
	s <- prometheus.MustNewConstHistogram(d, of.Count(), float64(of.Sum)/unit, below)
}

// Collect implements prometheus.Collector.
func (e exporter) Collect(to chan<- prometheus.Metric) {
	s, t := sink(to), e.w.Counts.Totals()
	s.count(messages, t.Messages())
	s.count(deliveries, t.Delivered)
	s.count(missed, t.Gone, "gone")
	s.count(missed, t.Failed, "failed")
	for _, a := range t.Answered {
		s.count(answered, a.N, a.Verb, a.Code)
	}
	for _, c := range t.Connects {
		s.count(connects, c.N, c.Code)
	}
	s.count(disconnects, t.Disconnects)
	s.count(events, t.Kept, "true")
	s.count(events, t.Lost, "false")
	for _, r := range t.Requests {
		s.count(requests, r.N, r.Route, r.Method, strconv.Itoa(r.Status))
	}
	s.distribution(times, t.Times, 1e9)
	s.distribution(sizes, t.Sizes, 1)
	s.gauge(open, float64(e.w.Connections()))
	s.gauge(uptime, e.w.Now().Sub(e.w.started).Seconds())
	s.gauge(build, 1, e.w.Version, runtime.Version())
	e.found(s)
}

// found shows what had to be searched for.
func (e exporter) found(s sink) {
	f := e.w.found.Load()
	for _, a := range f.ages {
		age := 0.0
		if !a.Oldest.IsZero() {
			age = max(0, e.w.Now().Sub(a.Oldest).Seconds())
		}
		s.gauge(oldest, age, string(a.Class))
		s.gauge(excess, a.Excess.Seconds(), string(a.Class))
	}
	if f.space != nil {
		s.gauge(used, float64(f.space.Used))
		s.gauge(free, float64(f.space.Free))
	}
	if f.jobs != nil {
		s.gauge(waiting, float64(*f.jobs))
	}
}
