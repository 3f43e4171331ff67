package load_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacet/infra/load"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n%s", path, got)
	}
}

func TestTableForAPerson(t *testing.T) {
	half := 0.5
	report := load.Report{
		CPUs: 2, Rounds: 3, Payload: 128, Seconds: 71, Others: load.Others{Mean: 0.31, Most: 0.5},
		Targets: []string{"tacet", "bun"},
		Rows: []load.Row{
			{
				Measure: load.Measure{Key: "a", Title: "to the last", Unit: "ms"}, Subscribers: 1,
				Cells: []*load.Cell{{Value: 0.1234}, {Value: 0.2468}}, Ratios: []*float64{&half},
			},
			{
				Measure: load.Measure{Key: "a", Title: "to the last", Unit: "ms"}, Subscribers: 5000,
				Cells: []*load.Cell{nil, {Value: 1234567.8}}, Ratios: []*float64{nil},
			},
			{
				Measure: load.Measure{Key: "extra", Title: "never shown", Unit: "x"}, Subscribers: 1,
				Cells: []*load.Cell{{Value: 0}, nil}, Ratios: []*float64{nil},
			},
			{
				Measure: load.Measure{Key: "m", Title: "memory", Unit: "kB"}, Subscribers: 5000,
				Cells: []*load.Cell{{Value: 3.21}, {Value: 64.2}}, Ratios: []*float64{&half},
			},
		},
	}
	var out bytes.Buffer
	if err := report.Table(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", out.Bytes())
}

func TestHistogramForAPerson(t *testing.T) {
	ms := time.Millisecond
	histogram := load.Histogram{Target: "tacet", Subscribers: 1000, Bins: []load.Bin{
		{From: ms / 2, To: ms, Count: 500}, {From: ms, To: 2 * ms, Count: 1000}, {From: 2 * ms, To: 4 * ms}, {From: 4 * ms, To: 123 * ms, Count: 1},
	}}
	var out bytes.Buffer
	if err := histogram.Draw(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "histogram.txt", out.Bytes())
}
