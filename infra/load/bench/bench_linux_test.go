package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"tacet/infra/load"
	"tacet/infra/load/swarmtest"
)

func TestAnEndpointIsMeasured(t *testing.T) {
	hub := swarmtest.Serve(t, swarmtest.Faults{Token: "right"})
	for name, arguments := range map[string][]string{
		"in a flag":            {"-token", "right"},
		"from the environment": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TACET_TOKEN", "right")
			if arguments != nil {
				t.Setenv("TACET_TOKEN", "wrong")
			}
			var out, log bytes.Buffer
			arguments = append(arguments, "-url", hub.URL, "-sizes", "1", "-quick", "-json")
			if status := bench(t.Context(), arguments, &out, &log); status != done {
				t.Fatalf("status %d: %s", status, log.String())
			}
			var report load.Report
			if err := json.Unmarshal(out.Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			if _, ok := report.Value("endpoint", "last_p50", 1); !ok {
				t.Errorf("not measured: %s", out.String())
			}
			if !strings.HasPrefix(log.String(), "[1/2] round 1, endpoint: ") {
				t.Errorf("progress: %q", log.String())
			}
		})
	}
}

func TestAPersonSeesTableAndHistogram(t *testing.T) {
	hub := swarmtest.Serve(t, swarmtest.Faults{})
	var out, log bytes.Buffer
	if status := bench(t.Context(), []string{"-url", hub.URL, "-sizes", "2", "-quick"}, &out, &log); status != done {
		t.Fatalf("status %d: %s", status, log.String())
	}
	for _, want := range []string{"subscribers", "to the last, p50, ms", "One round", "endpoint, to the last of 2, 2,000 messages", "█"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("without %q:\n%s", want, out.String())
		}
	}
}

func TestWhatWentWrongShowsInTheStatus(t *testing.T) {
	hub := swarmtest.Serve(t, swarmtest.Faults{Token: "right"})
	for name, test := range map[string]struct {
		arguments []string
		want      int
	}{
		"help":               {[]string{"-h"}, done},
		"nothing to measure": {nil, misuse},
		"an unknown flag":    {[]string{"-x"}, misuse},
		"a bad size":         {[]string{"-url", hub.URL, "-sizes", "1,none"}, misuse},
		"two things":         {[]string{"-url", hub.URL, "-peers", "p"}, misuse},
		"a stray word":       {[]string{"-url", hub.URL, "word"}, misuse},
		"a wrong token":      {[]string{"-url", hub.URL, "-token", "wrong", "-sizes", "1", "-quick"}, failed},
	} {
		var out, log bytes.Buffer
		if status := bench(t.Context(), test.arguments, &out, &log); status != test.want {
			t.Errorf("%s: status %d, want %d: %s", name, status, test.want, log.String())
		}
		if strings.Contains(log.String()+out.String(), "right") {
			t.Errorf("%s: a token was told", name)
		}
	}
}
