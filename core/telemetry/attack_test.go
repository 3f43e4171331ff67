package telemetry_test

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/plan"
	"tacet/core/telemetry"
)

// asker is what an attacker asks: everything, at one time. It returns which
// events are counted in each figure of the answers.
type asker func(r *replay) []uint64

// ask is the reports as they are, by both ways.
func ask(t fataler, reports telemetry.Reports, now time.Time) (all []uint64) {
	for _, by := range []telemetry.By{telemetry.PerTopic, telemetry.PerCountry} {
		for from := range daysLong {
			for to := from; to < daysLong; to++ {
				for _, step := range []telemetry.Step{telemetry.EachDay, telemetry.InTotal} {
					q := telemetry.Query{
						From: monday.AddDate(0, 0, from).Format(time.DateOnly), To: monday.AddDate(0, 0, to).Format(time.DateOnly),
						Step: step, By: by, Limit: 1 + (from+to)%3,
					}
					if from == 1 { // in the middle of a day
						q.From = monday.AddDate(0, 0, from).Add(-7 * hour).Format(time.RFC3339)
					}
					report, err := reports.Report(context.Background(), "app", q, now)
					if fault.KindOf(err) == fault.Invalid {
						continue // it lies in the future, or a year back
					}
					must(t, err)
					all = append(all, figuresOf(report.Points)...)
				}
			}
		}
	}
	for days := 1; days <= daysLong; days++ {
		top, err := reports.TopTopics(context.Background(), "app", days, days, now)
		must(t, err)
		heat, err := reports.Heatmap(context.Background(), "app", days, now)
		must(t, err)
		all = append(all, figuresOf([]telemetry.Point{{Topics: &top.TopicTable, Countries: &heat.CountryTable}})...)
	}
	return all
}

type fataler interface{ Fatal(...any) }

func must(t fataler, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func figuresOf(points []telemetry.Point) (all []uint64) {
	for _, p := range points {
		if p.Topics != nil {
			all = append(all, uint64(p.Topics.Other.Bytes))
			for _, r := range p.Topics.Rows {
				all = append(all, uint64(r.Bytes))
			}
		}
		if p.Countries != nil {
			all = append(all, uint64(p.Countries.Other.Connections))
			for _, r := range p.Countries.Rows {
				all = append(all, uint64(r.Connections))
			}
		}
	}
	return all
}

// attack asks all through a history and returns what an attacker can find out
// that is of too few; "" for nothing. Whatever he adds to and subtracts from
// what he was told, as often as he likes, events that are counted in the same
// figures stay together. So nobody is singled out if those that do are always of
// enough clients.
func attack(h past, ask asker) string {
	r := &replay{past: h, app: app.App{ID: "app", Plan: h.plan}}
	told := map[uint64]bool{}
	for _, now := range h.times() {
		r.until(now)
		for _, figure := range ask(r) {
			told[figure] = true
		}
	}
	var all uint64
	together := []uint64{1<<len(h.events) - 1}
	for figure := range told {
		all |= figure
		var finer []uint64
		for _, x := range together {
			finer = append(finer, x&figure, x&^figure)
		}
		together = slices.DeleteFunc(finer, func(x uint64) bool { return x == 0 })
	}
	for _, x := range together {
		if x&all != 0 && !h.crowded(x) {
			return h.print(x)
		}
	}
	return ""
}

// crowded reports whether events are of enough clients, or on a topic that
// reached many at once, and so about no client, or no group but all messages or
// connections of a day.
func (h past) crowded(events uint64) bool {
	clients, wide, all := uint64(0), true, true
	for _, e := range h.events {
		if e.bit&events != 0 {
			clients |= 1 << e.client
			wide = wide && h.wide(e)
			all = all && h.kind(e)&^events == 0
		}
	}
	return all || wide || bits.OnesCount64(clients) >= h.least
}

// kind returns the messages of an event's day, or the connections, if it is one.
func (h past) kind(e *seen) (all uint64) {
	for _, o := range h.events {
		if o.At.YearDay() == e.At.YearDay() && (o.Topic == telemetry.TopicConnect) == (e.Topic == telemetry.TopicConnect) {
			all |= o.bit
		}
	}
	return all
}

// wide reports whether a message on the same topic and day reached many.
func (h past) wide(e *seen) bool {
	return e.Topic != telemetry.TopicConnect && slices.ContainsFunc(h.events, func(o *seen) bool {
		return o.Topic == e.Topic && o.At.YearDay() == e.At.YearDay() && o.Subscribers >= 4*h.least
	})
}

func (h past) print(events uint64) string {
	text := fmt.Sprintf("k is %d, and what is told of these can be found out:", h.least)
	for _, e := range h.events {
		if e.bit&events != 0 {
			text += fmt.Sprintf("\n  client %d, %s%s, %s", e.client, e.Topic, e.Country, e.At.Format(time.RFC3339))
		}
	}
	return text
}

// honest are the reports as they are.
func honest(t fataler) asker {
	return func(r *replay) []uint64 { return ask(t, r.reports(), r.now) }
}

func (r *replay) reports() telemetry.Reports {
	return telemetry.Reports{Figures: r, MinGroup: r.least, App: func(context.Context, app.ID) (*app.App, error) {
		a := r.app
		return &a, nil
	}}
}

func TestNobodyIsSingledOutBySubtraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if found := attack(pasts.Draw(t, "history"), honest(t)); found != "" {
			t.Fatal(found)
		}
	})
}

// Each rule is there because somebody is singled out without it: who breaks one
// is found by the very attack that the reports withstand.
func TestTheAttackFindsWhoIsSingledOutWhereARuleIsBroken(t *testing.T) {
	for name, broken := range map[string]func(r *replay) []uint64{
		"today is told": func(r *replay) []uint64 {
			return ask(t, r.reports(), telemetry.Daily.Start(r.now).Add(fullDay+telemetry.Settle))
		},
		"a day is told as soon as it is over": func(r *replay) []uint64 { return ask(t, r.reports(), r.now.Add(telemetry.Settle)) },
		"a day is told of which a part has ended": func(r *replay) []uint64 {
			x := r.reports()
			x.App = appOf(plan.Unlimited)
			return ask(t, x, r.now)
		},
		"what an earlier plan has ended is not heeded": func(r *replay) []uint64 {
			x := r.reports()
			x.App = func(context.Context, app.ID) (*app.App, error) { return &app.App{ID: "app", Plan: r.app.Plan}, nil }
			return ask(t, x, r.now)
		},
		"a group of one fewer is shown": func(r *replay) []uint64 {
			x := r.reports()
			if x.MinGroup--; x.MinGroup == 1 {
				return nil // another rule
			}
			return ask(t, x, r.now)
		},
		"the rest may be of one client": func(r *replay) []uint64 { return r.careless() },
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 500 {
				if found := attack(pasts.Example(seed), broken); found != "" {
					t.Logf("history %d: %s", seed, found)
					return
				}
			}
			t.Error("the attack has found nobody")
		})
	}
}

// careless tells of each day that is over which groups are of enough clients,
// and what all others came to.
func (r *replay) careless() (all []uint64) {
	for d := range daysLong {
		start := monday.AddDate(0, 0, d)
		if r.now.Before(start.Add(fullDay + telemetry.Settle)) {
			continue
		}
		var sum telemetry.Digest
		_ = r.Sum(context.Background(), "app", start, start.Add(fullDay), telemetry.Daily, r.now, func(_ time.Time, d *telemetry.Digest) error {
			sum.Merge(d)
			return nil
		})
		whole := r.app
		if r.now.Before(whole.WholeUntil(start)) {
			all = append(all, telemetry.WithoutJoining(&sum, r.least)...)
		}
	}
	return all
}
