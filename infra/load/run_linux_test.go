package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/infra/load"
	"tacet/infra/load/swarm"
	"tacet/infra/load/swarmtest"
)

// target measures a hub under a name.
func target(name string, hub *swarmtest.Hub) load.Target {
	endpoint := load.Endpoint(hub.URL, nil)
	endpoint.Name = name
	return endpoint
}

// small is a plan that takes no time.
func small(targets ...load.Target) load.Plan {
	return load.Plan{Targets: targets, Sizes: []int{10, 1}, Rounds: 2, Singles: 4, Burst: 20, Patience: time.Minute}
}

func TestARunMeasuresEveryTargetAtEverySize(t *testing.T) {
	a, b := swarmtest.Serve(t, swarmtest.Faults{}), swarmtest.Serve(t, swarmtest.Faults{})
	var parts []string
	report, err := load.Run(t.Context(), small(target("a", a), target("b", b)), func(p load.Progress) {
		if p.Steps != 12 || p.Step > p.Steps {
			t.Errorf("step %d of %d", p.Step, p.Steps)
		}
		parts = append(parts, p.Target)
	})
	if err != nil {
		t.Fatal(err)
	}
	if order := slices.Compact(parts); !slices.Equal(order, []string{"a", "b", "a"}) {
		t.Errorf("targets took turns as %v; the second round should begin with b", order)
	}
	for _, name := range []string{"a", "b"} {
		for key, sizes := range map[string][]int{
			"last_p50": {1, 10}, "last_p99": {1, 10}, "burst": {10}, "connects": {10},
		} {
			for _, size := range sizes {
				if value, ok := report.Value(name, key, size); !ok || value <= 0 {
					t.Errorf("%s, %s at %d: %v, %v", name, key, size, value, ok)
				}
			}
		}
		for _, size := range []int{1, 10} {
			if lost, ok := report.Value(name, "lost", size); !ok || lost != 0 {
				t.Errorf("%s lost %v at %d, %v", name, lost, size, ok)
			}
		}
		if _, ok := report.Value(name, "memory", 10); ok {
			t.Errorf("%s: the memory of a server that is not ours", name)
		}
	}
	for _, row := range report.Rows {
		first, second, ratio := row.Cells[0], row.Cells[1], row.Ratios[0]
		switch {
		case row.Measure.Sum && ratio != nil:
			t.Errorf("%s at %d has a ratio", row.Measure.Key, row.Subscribers)
		case !row.Measure.Sum && (ratio == nil || *ratio != first.Value/second.Value):
			t.Errorf("%s at %d: the ratio of %v to %v", row.Measure.Key, row.Subscribers, first.Value, second.Value)
		}
	}
	if got := a.Subscribed("bench-second"); got != 40 {
		t.Errorf("%d subscriptions to a second topic, want those of 10 in rehearsal and 10 idle, twice", got)
	}
	total := 0
	for _, bin := range report.Histograms[0].Bins {
		total += bin.Count
	}
	if len(report.Histograms) != 4 || total != 8 {
		t.Errorf("%d histograms, the first of %d messages", len(report.Histograms), total)
	}
}

func TestAReportSurvivesJSON(t *testing.T) {
	plan := small(target("a", swarmtest.Serve(t, swarmtest.Faults{})), target("b", swarmtest.Serve(t, swarmtest.Faults{})))
	plan.Rounds = 1
	report, err := load.Run(t.Context(), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var again load.Report
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	for _, row := range report.Rows {
		before, _ := report.Value("b", row.Measure.Key, row.Subscribers)
		after, ok := again.Value("b", row.Measure.Key, row.Subscribers)
		if !ok || before != after {
			t.Errorf("%s at %d: %v became %v", row.Measure.Key, row.Subscribers, before, after)
		}
	}
}

func TestPlantedLossesAreReported(t *testing.T) {
	plan := small(target("lossy", swarmtest.Serve(t, swarmtest.Faults{DropEvery: 1500})))
	plan.Sizes, plan.Rounds, plan.Burst, plan.Patience = []int{10}, 1, 200, 300*time.Millisecond
	// 20 messages to 10 in rehearsal, 1 + 4 singles, then bursts of 2,000 deliveries: the first has one of the 1,500.
	report, err := load.Run(t.Context(), plan, nil)
	if err == nil || !strings.Contains(err.Error(), "1 of 2000 deliveries were lost") {
		t.Error(err)
	}
	if lost, _ := report.Value("lossy", "lost", 10); lost != 1 {
		t.Errorf("%v lost, want 1", lost)
	}
	if _, ok := report.Value("lossy", "burst", 10); !ok {
		t.Error("the burst that lost one has no figure")
	}
}

func TestPlantedRepetitionsAreReported(t *testing.T) {
	plan := small(target("eager", swarmtest.Serve(t, swarmtest.Faults{RepeatEvery: 241})))
	plan.Sizes, plan.Rounds, plan.Singles, plan.Burst = []int{10}, 1, 9, 1
	report, err := load.Run(t.Context(), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	// 200 in rehearsal, 1 + 9 singles and a burst or more of 10 each: the 241st is the first of a single.
	if extra, _ := report.Value("eager", "extra", 10); extra != 1 {
		t.Errorf("%v came twice, want 1", extra)
	}
}

func TestAFailingTargetLeavesTheOthers(t *testing.T) {
	broken := errors.New("cannot start")
	stopped := 0
	good := target("good", swarmtest.Serve(t, swarmtest.Faults{}))
	find := good.Start
	good.Start = func(ctx context.Context) (load.Server, error) {
		server, err := find(ctx)
		server.Stop = func() error { stopped++; return nil }
		return server, err
	}
	bad := load.Target{Name: "bad", Dialect: swarm.Tacet{}, Start: func(context.Context) (load.Server, error) {
		return load.Server{}, broken
	}}
	report, err := load.Run(t.Context(), small(bad, good), nil)
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, ok := report.Value("good", "burst", 10); !ok {
		t.Error("the good one was not measured")
	}
	if stopped != 4 {
		t.Errorf("stopped %d times, want twice in each of two rounds", stopped)
	}
	var table bytes.Buffer
	if err := report.Table(&table); err != nil || !strings.Contains(table.String(), "–") {
		t.Errorf("the table hides what is missing: %v\n%s", err, table.String())
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	starts := 0
	hub := target("hub", swarmtest.Serve(t, swarmtest.Faults{}))
	find := hub.Start
	hub.Start = func(ctx context.Context) (load.Server, error) {
		starts++
		cancel()
		return find(ctx)
	}
	if _, err := load.Run(ctx, small(hub), nil); !errors.Is(err, context.Canceled) || starts > 2 {
		t.Errorf("%d starts, %v", starts, err)
	}
}

func TestPlansAreChecked(t *testing.T) {
	hub := load.Endpoint("ws://127.0.0.1:1", nil)
	for name, plan := range map[string]load.Plan{
		"no targets":       {},
		"a name twice":     {Targets: []load.Target{hub, hub}},
		"nobody":           {Targets: []load.Target{hub}, Sizes: []int{0}},
		"negative rounds":  {Targets: []load.Target{hub}, Rounds: -1},
		"a payload of one": {Targets: []load.Target{hub}, Payload: 1},
	} {
		if _, err := load.Run(t.Context(), plan, nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestProgressInPlainLines(t *testing.T) {
	var plain, terminal bytes.Buffer
	for _, p := range []load.Progress{
		{Step: 1, Steps: 2, Round: 1, Target: "bun", Part: "messages to 1"},
		{Step: 2, Steps: 2, Round: 1, Target: "bun"},
	} {
		load.Lines(&plain, false)(p)
		load.Lines(&terminal, true)(p)
	}
	if got := plain.String(); got != "[1/2] round 1, bun: messages to 1\n" {
		t.Errorf("%q", got)
	}
	if got := terminal.String(); !strings.HasSuffix(got, "\r\x1b[K") || strings.Contains(got, "\n") {
		t.Errorf("the line on a terminal stays: %q", got)
	}
}
