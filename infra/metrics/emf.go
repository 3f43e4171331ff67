package metrics

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"

	"tacet/core/retention"
)

// EMF writes figures as lines of a log in CloudWatch's embedded metric format,
// of which CloudWatch makes metrics of the namespace Tacet. See
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
// Safe for concurrent use.
type EMF struct {
	// Function is the name of the function that counts: a dimension, and the
	// only one of most metrics, because each of its values is paid for.
	Function string
	Now      func() time.Time
	W        io.Writer

	mu sync.Mutex
}

// Namespace is that of all metrics.
const Namespace = "Tacet"

// told are the codes whose refusals are a metric of their own: what says that
// the platform is failing, is too small, or is being tried out by somebody who
// has no token. All others are in Refusals.
var told = []string{"4200", "4301", "4303", "4305", "4400", "4401"}

// metric is one that a line has, in the order of the line.
type metric struct {
	Name string
	Unit string
	v    float64
}

// Counted writes what was counted in an invocation: one line, or none if that
// was nothing.
func (e *EMF) Counted(t Totals) error {
	all := figures(t)
	all = slices.DeleteFunc(all, func(m metric) bool { return m.v == 0 })
	if len(all) == 0 {
		return nil
	}
	return e.write([]dimension{{"Function", e.Function}}, all)
}

func figures(t Totals) []metric {
	all := []metric{
		{"Messages", "Count", float64(t.Messages())},
		{"Deliveries", "Count", float64(t.Delivered)},
		{"Gone", "Count", float64(t.Gone)},
		{"Failed", "Count", float64(t.Failed)},
		{"Bytes", "Bytes", float64(t.Sizes.Sum)},
		{"Connects", "Count", float64(t.Arrived())},
		{"Disconnects", "Count", float64(t.Disconnects)},
		{"EventsLost", "Count", float64(t.Lost)},
	}
	if n := t.Times.Count(); n > 0 { // one, as a rule: an invocation publishes one message
		all = append(all, metric{"DeliveryTime", "Milliseconds", float64(t.Times.Sum) / float64(n) / 1e6})
	}
	refused, sum := t.Refused(), uint64(0)
	for _, n := range refused {
		sum += n
	}
	all = append(all, metric{"Refusals", "Count", float64(sum)})
	for _, code := range told {
		all = append(all, metric{"Refusals" + code, "Count", float64(refused[code])})
	}
	return all
}

// Ages writes how old the oldest records are that can still be read, and by how
// much the worst is older than it may be, in a line for each class. Errors of
// the log are nobody's to deal with.
func (e *EMF) Ages(_ context.Context, ages []retention.Age) {
	now := e.Now()
	for _, a := range retention.Worst(ages) {
		oldest := 0.0
		if !a.Oldest.IsZero() {
			oldest = max(0, now.Sub(a.Oldest).Seconds())
		}
		_ = e.write([]dimension{{"Class", string(a.Class)}}, []metric{
			{"OldestReadableAge", "Seconds", oldest}, {"RetentionExcess", "Seconds", a.Excess.Seconds()},
		})
	}
}

type dimension struct{ name, value string }

// write writes one line.
func (e *EMF) write(dimensions []dimension, metrics []metric) error {
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	line := map[string]any{}
	names := make([]string, 0, len(dimensions))
	for _, d := range dimensions {
		line[d.name] = d.value
		names = append(names, d.name)
	}
	for _, m := range metrics {
		line[m.Name] = m.v
	}
	line["_aws"] = struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}{e.Now().UnixMilli(), []directive{{Namespace, [][]string{names}, metrics}}}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = e.W.Write(append(text, '\n'))
	return err
}
