package metrics_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tacet/core/retention"
	"tacet/core/wire"
	"tacet/infra/metrics"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func emf() (*metrics.EMF, *bytes.Buffer) {
	var b bytes.Buffer
	return &metrics.EMF{Function: "publish", Now: func() time.Time { return noon }, W: &b}, &b
}

func TestAnInvocationIsOneLineOfWhatCloudWatchUnderstands(t *testing.T) {
	e, b := emf()
	c := metrics.New()
	if err := e.Counted(c.Take()); err != nil || b.Len() != 0 {
		t.Errorf("of nothing: %q, %v", b.String(), err)
	}
	c.Published(t.Context(), 300, wire.Counts{Matched: 5, Delivered: 2, Gone: 1}, 3*time.Millisecond)
	c.Answered(t.Context(), wire.TypePublish, wire.CodeInvalid, 0)
	c.Answered(t.Context(), wire.TypePublish, wire.CodeInternal, 0)
	c.Recorded(t.Context(), true)
	if err := e.Counted(c.Take()); err != nil {
		t.Fatal(err)
	}
	want := `{"Bytes":300,"Deliveries":2,"DeliveryTime":3,"Failed":2,"Function":"publish","Gone":1,"Messages":1,"Refusals":2,"Refusals4400":1,` +
		`"_aws":{"Timestamp":1772366400000,"CloudWatchMetrics":[{"Namespace":"Tacet","Dimensions":[["Function"]],"Metrics":[` +
		`{"Name":"Messages","Unit":"Count"},{"Name":"Deliveries","Unit":"Count"},{"Name":"Gone","Unit":"Count"},{"Name":"Failed","Unit":"Count"},{"Name":"Bytes","Unit":"Bytes"},` +
		`{"Name":"DeliveryTime","Unit":"Milliseconds"},{"Name":"Refusals","Unit":"Count"},{"Name":"Refusals4400","Unit":"Count"}]}]}}` + "\n"
	if got := b.String(); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestAgesAreALineForEachClass(t *testing.T) {
	e, b := emf()
	e.Ages(t.Context(), []retention.Age{
		{Class: retention.Events, Oldest: noon.Add(-time.Hour)},
		{Class: retention.Rollups},
		{Class: retention.Events, Oldest: noon.Add(-2 * time.Hour), Excess: time.Minute},
	})
	got := map[string][2]float64{}
	for line := range strings.Lines(b.String()) {
		var l struct {
			Class                              string
			OldestReadableAge, RetentionExcess float64
			AWS                                struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		m := l.AWS.CloudWatchMetrics[0]
		if m.Namespace != "Tacet" || m.Dimensions[0][0] != "Class" || len(m.Metrics) != 2 || m.Metrics[0].Unit != "Seconds" {
			t.Errorf("got %s", line)
		}
		got[l.Class] = [2]float64{l.OldestReadableAge, l.RetentionExcess}
	}
	if len(got) != 2 || got["event"] != [2]float64{7200, 60} || got["rollup"] != [2]float64{} {
		t.Errorf("got %v", got)
	}
}

// Each value of a dimension is paid for, and none may say who or what about.
func TestMetricsHaveNamesOutOfAClosedList(t *testing.T) {
	e, b := emf()
	c := metrics.New()
	for _, entry := range wire.Catalogue {
		c.Answered(t.Context(), "MARKER", entry.Code, 0)
		c.Connected(t.Context(), entry.Code)
	}
	if err := e.Counted(c.Take()); err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	known := " _aws Function Messages Deliveries Gone Failed Bytes Connects Disconnects EventsLost DeliveryTime Refusals Refusals4200 Refusals4301 Refusals4303 Refusals4305 Refusals4400 Refusals4401 "
	for name := range line {
		if !strings.Contains(known, " "+name+" ") {
			t.Errorf("there is a metric %s", name)
		}
	}
	if len(line) < 8 {
		t.Errorf("got %s", b)
	}
}
