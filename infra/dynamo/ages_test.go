package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/retention"
	"tacet/core/telemetry"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
)

// clinic is where ages are looked at, of applications that all have the plan team.
type clinic struct {
	t     *testing.T
	names dynamotest.Names
	store *dynamo.Telemetry
	ages  *dynamo.Ages
	now   time.Time
	gone  app.ID // is not there any more
	kept  time.Duration
}

func newClinic(t *testing.T, called func(dynamo.Call)) *clinic {
	clock := pubsubtest.NewClock()
	k := &clinic{t: t, names: local.Create(t, "telemetry", "ledger", "directory"), now: clock.Now()}
	c := client(local.Endpoint, called)
	k.store = dynamo.NewTelemetry(client(local.Endpoint, nil), k.names["telemetry"])
	k.kept = (&app.App{Plan: "team"}).Limits().Retention
	k.ages = &dynamo.Ages{
		Telemetry: dynamo.NewTelemetry(c, k.names["telemetry"]), Ledger: dynamo.NewLedger(c, k.names["ledger"], clock.Now),
		Directory: dynamo.NewDirectory(c, k.names["directory"], clock.Now),
		App: func(_ context.Context, id app.ID) (*app.App, error) {
			if id == k.gone {
				return nil, app.ErrNone
			}
			return &app.App{ID: id, Account: string(pubsubtest.AppB), Plan: "team"}, nil
		},
	}
	return k
}

// event records an event of a part that happened so long ago and is readable for
// a time.
func (k *clinic) event(part int, ago, life time.Duration) {
	k.t.Helper()
	e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", At: k.now.Add(-ago)}
	must(k.t, k.store.PutIn(k.t.Context(), part, telemetry.Record{Event: e, Expires: e.At.Add(life)}))
}

// rollUp rolls a part up until a moment ago.
func (k *clinic) rollUp(part int) {
	k.t.Helper()
	p := telemetry.Part{App: pubsubtest.AppA, Number: part}
	must(k.t, k.store.Note(k.t.Context(), p, k.now))
	must(k.t, telemetry.Roll(k.t.Context(), k.store, p, []telemetry.Written{{At: k.now, Written: k.now}}, k.now.Add(-2*k.kept)))
}

// want looks for ages: of a class how old the oldest is, and by how much that is
// too much.
func (k *clinic) want(when string, want ...string) {
	k.t.Helper()
	all, err := k.ages.Ages(k.t.Context(), k.now)
	must(k.t, err)
	var got []string
	for _, a := range all {
		got = append(got, fmt.Sprintf("%s of %v, %v too much", a.Class, k.now.Sub(a.Oldest), a.Excess))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		k.t.Errorf("%s:\ngot  %q\nwant %q", when, got, want)
	}
}

func TestTheOldestThatCanBeReadIsFound(t *testing.T) {
	k := newClinic(t, nil)
	k.want("when there is nothing")
	must(t, k.ages.Ledger.Append(t.Context(), ledgertest.Entry(1, ledger.Deletion, ledger.Completed, k.now.Add(-ledger.Keep-hour))))
	must(t, k.ages.Ledger.Append(t.Context(), ledgertest.Entry(2, ledger.Deletion, ledger.Completed, k.now.Add(-100*hour))))
	k.want("when there is no application", "request of 100h0m0s, 0s too much")

	for n := range 20 { // has ended, and is still there
		k.event(1, k.kept+time.Duration(n)*time.Minute, k.kept)
	}
	k.event(1, 30*hour, k.kept)
	k.event(2, 50*hour+time.Second, k.kept)
	k.event(2, hour, k.kept)
	k.rollUp(1)
	k.rollUp(2)
	// The day began two hours before what is the oldest in it.
	k.want("when all is well", "request of 100h0m0s, 0s too much", "event of 50h0m1s, 0s too much", "rollup of 60h0m0s, 0s too much")
	k.gone = pubsubtest.AppA
	k.want("when the application is not there any more", "request of 100h0m0s, 0s too much")
}

// What ended by a plan of before, and was not stamped anew.
func TestWhatIsKeptForTooLongIsSeen(t *testing.T) {
	k := newClinic(t, nil)
	k.event(5, k.kept+26*hour+time.Minute, 2*k.kept)
	k.event(5, k.kept+2*hour, 2*k.kept)
	k.event(5, hour, k.kept)
	k.rollUp(5)
	age, excess := k.kept+26*hour+time.Minute, 26*hour+time.Minute
	k.want("when nobody stamps it",
		fmt.Sprintf("event of %v, %v too much", age, excess),
		// The minute may be of an event that was a minute younger, the day a day.
		fmt.Sprintf("rollup of %v, %v too much", k.kept+36*hour, excess-time.Minute))
	p := &past{t: t, now: k.now}
	p.all(k.store, p.restamp(k.kept))
	k.want("when somebody has", "event of 1h0m0s, 0s too much", "rollup of 1h0m0s, 0s too much")
}

// Too much that has ended lies before what is looked for: it is looked for from
// the other end.
func TestWhatIsBehindAllThatHasEndedIsFound(t *testing.T) {
	dynamo.Aging(t, 2, 100)
	k := newClinic(t, nil)
	for n := range 40 {
		k.event(1, k.kept+hour+time.Duration(n)*time.Minute, k.kept)
	}
	k.event(1, hour, k.kept)
	must(t, k.store.Note(t.Context(), telemetry.Part{App: pubsubtest.AppA, Number: 1}, k.now))
	k.want("when all is well", "event of 1h0m0s, 0s too much")
	k.event(1, k.kept+hour+time.Minute/2, k.kept+2*hour)
	k.want("when something is not", fmt.Sprintf("event of %v, 1h0m30s too much", k.kept+hour+time.Minute/2))
}

func TestApplicationsAreLookedAtInTurn(t *testing.T) {
	dynamo.Aging(t, 1000, 2)
	m := new(meter)
	k := newClinic(t, m.called)
	var asked []app.ID
	k.ages.App = func(_ context.Context, id app.ID) (*app.App, error) {
		asked = append(asked, id)
		return &app.App{ID: id, Plan: "team"}, nil
	}
	var all []app.ID
	for n := range 5 {
		all = append(all, app.ID(fmt.Sprintf("%032x", n)))
		e := telemetry.Event{Node: "n", App: all[n], Topic: "a", At: k.now}
		must(t, k.store.PutIn(t.Context(), 0, telemetry.Record{Event: e, Expires: k.now.Add(week)}))
		must(t, k.store.Note(t.Context(), telemetry.Part{App: all[n]}, k.now))
	}
	for range 3 {
		before := len(asked)
		calls := m.during(func() {
			_, err := k.ages.Ages(t.Context(), k.now)
			must(t, err)
		})
		each := len(asked) - before
		// The list, the ledger; of each application the events and three spans of
		// eight parts.
		if want := fmt.Sprintf("%d Query telemetry, 1 Query ledger", 1+32*each); each > 2 || bill(calls) != want {
			t.Errorf("%d applications cost %s, want %s", each, bill(calls), want)
		}
		k.now = k.now.Add(time.Hour)
	}
	slices.Sort(asked)
	if !slices.Equal(asked, all) {
		t.Errorf("in three hours there was a look at %v", asked)
	}
}

func TestAgesThatCannotBeReadAreAnError(t *testing.T) {
	k := newClinic(t, nil)
	k.event(1, hour, k.kept)
	k.rollUp(1)
	cause := errors.New("cause of ours")
	k.ages.App = func(context.Context, app.ID) (*app.App, error) { return nil, cause }
	if all, err := k.ages.Ages(t.Context(), k.now); !errors.Is(err, cause) || all != nil {
		t.Errorf("got %v, %v", all, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if all, err := k.ages.Ages(ctx, k.now); !errors.Is(err, context.Canceled) || all != nil {
		t.Errorf("without time: %v, %v", all, err)
	}
}

var _ retention.Ages = (*dynamo.Ages)(nil)
