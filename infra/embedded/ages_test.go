package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/retention"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

var _ retention.Ages = (*embedded.Ages)(nil)

const day = 24 * time.Hour

// estate is stores with a clock, in which the plan of each application keeps
// telemetry for as long as it says.
type estate struct {
	*testing.T
	*embedded.Disk
	clock *pubsubtest.Clock
	plan  time.Duration
}

func newEstate(t *testing.T) *estate {
	clock := pubsubtest.NewClock()
	return &estate{T: t, Disk: open(t, embedded.Options{Folder: t.TempDir(), Now: clock.Now}), clock: clock, plan: 10 * day}
}

// age returns the age of one class, the zero one if there is none.
func (e *estate) age(of retention.Class) retention.Age {
	e.Helper()
	ages := embedded.Ages{Disk: e.Disk, Retention: func(_ context.Context, id app.ID) (time.Duration, error) {
		if id != pubsubtest.AppA && id != pubsubtest.AppB {
			return 0, app.ErrNone
		}
		return e.plan, nil
	}}
	all, err := ages.Ages(e.Context(), e.clock.Now())
	must(e.T, err)
	for _, a := range all {
		if a.Class == of {
			return a
		}
	}
	return retention.Age{}
}

func (e *estate) want(of retention.Class, oldest time.Time, excess time.Duration) {
	e.Helper()
	if got := e.age(of); !got.Oldest.Equal(oldest) || got.Excess != excess {
		e.Errorf("the oldest %s is of %v with %v too much, want %v and %v", of, got.Oldest, got.Excess, oldest, excess)
	}
}

// happen records an event of now, stamped as the plan says.
func (e *estate) happen(of app.ID) time.Time {
	e.Helper()
	r := record(e.clock.Now(), 1)
	r.App, r.Expires = of, r.At.Add(e.plan)
	must(e.T, e.Telemetry.Record(e.Context(), r, true))
	return r.At
}

func (e *estate) replan(plan time.Duration, restamp bool) {
	e.Helper()
	e.plan = plan
	if !restamp {
		return
	}
	for _, of := range []app.ID{pubsubtest.AppA, pubsubtest.AppB} {
		_, next, err := e.Telemetry.Restamp(e.Context(), of, plan, e.clock.Now(), "")
		if err != nil || next != "" {
			e.Fatal(next, err)
		}
	}
}

func TestEventsEndAsTheirPlanSays(t *testing.T) {
	e := newEstate(t)
	e.want(retention.Events, time.Time{}, 0)
	first := e.happen(pubsubtest.AppB)
	e.clock.Advance(day)
	second := e.happen(pubsubtest.AppA)
	e.want(retention.Events, first, 0)
	e.clock.Advance(9*day - 1)
	e.want(retention.Events, first, 0)
	e.clock.Advance(1)
	e.want(retention.Events, second, 0)

	e.replan(20*day, true) // the second is readable, and stays so
	e.clock.Advance(2 * day)
	e.want(retention.Events, second, 0)
	third := e.happen(pubsubtest.AppA)
	e.replan(5*day, true)
	e.want(retention.Events, third, 0)
	e.clock.Advance(5 * day)
	e.want(retention.Events, time.Time{}, 0)
}

// Nobody has stamped anew what a shorter plan has ended.
func TestWhatIsLeftOverIsSeen(t *testing.T) {
	e := newEstate(t)
	first := e.happen(pubsubtest.AppA)
	must(t, e.Telemetry.Roll(t.Context(), first.Add(time.Hour)))
	minute := telemetry.Minutely.Start(first)
	e.clock.Advance(3 * day)
	e.happen(pubsubtest.AppB)
	e.want(retention.Events, first, 0)
	e.want(retention.Rollups, minute, 0)
	e.replan(day, false)
	e.want(retention.Events, first, 2*day)
	e.want(retention.Rollups, minute, e.clock.Now().Sub(minute)-day-time.Minute)
	e.replan(day, true)
	e.want(retention.Events, e.clock.Now(), 0)
	e.want(retention.Rollups, time.Time{}, 0)
}

func TestRollupsEndWithTheirEvents(t *testing.T) {
	e := newEstate(t)
	var all []time.Time
	for range 50 {
		all = append(all, e.happen(pubsubtest.AppA))
		e.clock.Advance(time.Hour)
	}
	must(t, e.Telemetry.Roll(t.Context(), e.clock.Now()))
	e.want(retention.Rollups, telemetry.Daily.Start(all[0]), 0)
	for range 9 * 24 {
		e.clock.Advance(time.Hour)
		if a := e.age(retention.Rollups); a.Excess != 0 || e.clock.Now().Sub(a.Oldest) > e.plan+day {
			t.Fatalf("at %v the oldest is of %v, with %v too much", e.clock.Now(), a.Oldest, a.Excess)
		}
	}
	e.replan(2*e.plan, true)
	e.clock.Advance(8 * day)
	if a := e.age(retention.Rollups); a.Oldest.IsZero() || a.Excess != 0 {
		t.Errorf("after a longer plan it is %+v", a)
	}
	e.clock.Advance(e.plan)
	e.want(retention.Rollups, time.Time{}, 0)
}

// line keeps a line of an account's log.
func (e *estate) line(of account.ID, at time.Time, kept time.Duration) {
	e.Helper()
	name := fmt.Sprintf("%s%016x/0", account.LogPrefix, math.MaxInt64-at.UnixNano())
	mustApply(e.T, e.Directory, directory.Put(directory.Key{Part: of.Part(), Name: name}, []byte("sealed"), at.Add(kept), directory.Always))
}

func TestTheOldestLineOfAnyLogIsFound(t *testing.T) {
	e := newEstate(t)
	e.want(retention.Activity, time.Time{}, 0)
	now := e.clock.Now()
	for _, of := range []account.ID{"1", "2", "3"} {
		mustApply(t, e.Directory, directory.Put(directory.Key{Part: of.Part(), Name: "account"}, nil, time.Time{}, directory.Always),
			directory.Put(directory.Key{Part: of.Part(), Name: "member/1"}, nil, time.Time{}, directory.Always))
	}
	e.line("1", now.Add(-day), account.KeepActivity)
	e.line("3", now.Add(-3*day), account.KeepActivity)
	e.line("3", now.Add(-2*day), account.KeepActivity)
	e.want(retention.Activity, now.Add(-3*day), 0)
	e.clock.Advance(account.KeepActivity - 3*day)
	e.want(retention.Activity, now.Add(-2*day), 0)
	e.clock.Advance(2 * day)
	e.want(retention.Activity, time.Time{}, 0)
	e.line("2", now.Add(-2*day), account.KeepActivity+9*day) // as nobody ought to
	e.want(retention.Activity, now.Add(-2*day), day)
}

func TestTheOldestRequestIsFound(t *testing.T) {
	e := newEstate(t)
	now := e.clock.Now()
	for n := range 2 {
		must(t, e.Ledger.Append(t.Context(), ledgertest.Entry(n, ledger.Download, ledger.Requested, now.Add(time.Duration(n)*day))))
	}
	e.want(retention.Requests, now, 0)
	e.clock.Advance(ledger.Keep)
	e.want(retention.Requests, now.Add(day), 0)
	e.clock.Advance(day)
	e.want(retention.Requests, time.Time{}, 0)
}

func TestWhatIsLeftOfAnApplicationThatIsGoneHasNoAge(t *testing.T) {
	e := newEstate(t)
	e.happen("33333333333333333333333333333333")
	e.want(retention.Events, time.Time{}, 0)
	first := e.happen(pubsubtest.AppB)
	e.want(retention.Events, first, 0)
}

func TestWithoutPlansThereAreNoAges(t *testing.T) {
	e := newEstate(t)
	e.happen(pubsubtest.AppA)
	planted := errors.New("planted")
	ages := embedded.Ages{Disk: e.Disk, Retention: func(context.Context, app.ID) (time.Duration, error) { return 0, planted }}
	if _, err := ages.Ages(t.Context(), e.clock.Now()); !errors.Is(err, planted) {
		t.Errorf("got %v", err)
	}
}
