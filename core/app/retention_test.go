package app_test

import (
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/plan"
)

const day = 24 * time.Hour

// What an earlier plan has ended in part must not be taken for the whole.
func TestADayIsWholeForTheShortestRetentionSince(t *testing.T) {
	at := func(n float64) time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n * float64(day)))
	}
	type change struct {
		on float64
		to plan.Name
	}
	for name, c := range map[string]struct {
		changes []change
		want    map[float64]time.Duration // how long days are whole, by when they began
	}{
		"never changed":    {nil, map[float64]time.Duration{0: 30 * day}},
		"shortened":        {[]change{{5.5, plan.Free}}, map[float64]time.Duration{0: day, 5: day, 6: day}},
		"lengthened":       {[]change{{5.5, plan.Business}}, map[float64]time.Duration{0: 30 * day, 5: 30 * day, 6: 365 * day}},
		"as long":          {[]change{{5.5, plan.Team}}, map[float64]time.Duration{0: 30 * day, 6: 30 * day}},
		"short in between": {[]change{{5.5, plan.Free}, {5.6, plan.Team}}, map[float64]time.Duration{0: day, 5: day, 6: 30 * day}},
		"at midnight":      {[]change{{5.99, plan.Business}}, map[float64]time.Duration{6: 30 * day, 7: 365 * day}},
		"lengthened twice": {[]change{{0.5, plan.Free}, {5.5, plan.Team}, {9.5, plan.Business}}, map[float64]time.Duration{5: day, 9: day, 10: 365 * day}},
		"long ago":         {[]change{{0.5, plan.Free}, {5.5, plan.Team}, {99.5, plan.Business}}, map[float64]time.Duration{99: 30 * day, 100: 365 * day}},
	} {
		a := app.App{Plan: plan.Team}
		for _, x := range c.changes {
			a.Replan(x.to, at(x.on))
		}
		for began, want := range c.want {
			if got := a.WholeUntil(at(began)).Sub(at(began)); got != want {
				t.Errorf("%s: day %v is whole for %v, want %v", name, began, got, want)
			}
		}
	}
}
