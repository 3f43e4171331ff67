package scenario_test

import (
	"embed"
	"strings"
	"testing"

	"tacet/infra/scenario"
)

//go:embed testdata/*.txtar
var files embed.FS

func TestConversations(t *testing.T) {
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
	h := host(t)
	var left []string
	t.Run("on", func(t *testing.T) {
		for _, s := range all {
			if lack := h.Lacks(s); lack != "" {
				left = append(left, s.Name+": "+h.Name+" lacks "+string(lack))
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
		t.Logf("%d of %d conversations were left out:\n%s", len(left), len(all), strings.Join(left, "\n"))
	}
}
