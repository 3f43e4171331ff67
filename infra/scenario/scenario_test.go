package scenario_test

import (
	"embed"
	"strings"
	"testing"

	"tacet/infra/scenario"
)

//go:embed testdata/*.txtar
var files embed.FS

// readAll returns every conversation of testdata.
func readAll(t *testing.T) []scenario.Scenario {
	t.Helper()
	entries, err := files.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var all []scenario.Scenario
	for _, e := range entries {
		data, err := files.ReadFile("testdata/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		some, err := scenario.Parse(e.Name(), data)
		if err != nil {
			t.Errorf("%s", err)
		}
		all = append(all, some...)
	}
	return all
}

// playAll holds every conversation on h, and names those that it cannot have.
func playAll(t *testing.T, h *scenario.Host) {
	all := readAll(t)
	var left []string
	t.Run("on", func(t *testing.T) {
		for _, s := range all {
			if lack := h.Lacks(s); lack != "" {
				left = append(left, s.Name+" needs "+string(lack))
				continue
			}
			t.Run(s.Name, func(t *testing.T) {
				if h.Make != nil {
					t.Parallel() // each has an application of its own
				}
				if err := h.Play(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
	})
	if len(left) > 0 {
		t.Logf("%d of %d conversations were left out on %s:\n%s", len(left), len(all), h.Name, strings.Join(left, "\n"))
	}
}

func TestConversations(t *testing.T) { playAll(t, host(t)) }

// What a deployed stack will be asked is asked of a platform that runs
// elsewhere, with one application for all.
func TestConversationsWithAPlatformThatRunsElsewhere(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	h, err := scenario.Deployed(p.line, nil, scenario.Ordered, scenario.Closing, scenario.Binary, scenario.Stage, scenario.Counted)
	if err != nil {
		t.Fatal(err)
	}
	playAll(t, h)
}
