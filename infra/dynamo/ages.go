package dynamo

import (
	"context"
	"errors"
	"sync"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/ledger"
	"tacet/core/retention"
	"tacet/core/telemetry"
)

// Ages looks how old the oldest records are that can still be read; it
// implements retention.Ages. Its fields are set once and not changed. See the
// package comment for what it costs, and what it may miss.
type Ages struct {
	Telemetry *Telemetry
	Ledger    *Ledger
	// Directory is where activity logs are.
	Directory *Directory
	// App returns an application, or app.ErrNone. What is left of one that is not
	// there nobody can read.
	App func(context.Context, app.ID) (*app.App, error)
}

// appsEach is how many applications one call looks at. If there are more, it is
// their turn in another hour. Tests make it small.
var appsEach = 100

// Ages implements retention.Ages. It looks at one application after the other,
// at all of it at the same time.
func (a *Ages) Ages(ctx context.Context, now time.Time) ([]retention.Age, error) {
	known, err := a.Telemetry.Known(ctx, now)
	if err != nil {
		return nil, err
	}
	all, err := look(ctx, []row{a.Ledger.entryRow()}, now)
	for _, of := range inTurn(known, now) {
		if err != nil {
			break
		}
		var ages []retention.Age
		ages, err = a.ofApp(ctx, of, now)
		all = append(all, ages...)
	}
	if err != nil {
		return nil, err
	}
	return retention.Worst(all), nil
}

// inTurn returns the applications whose turn it is in the hour of now: each has
// its turn once while as many hours pass as that takes.
func inTurn(known []app.ID, now time.Time) []app.ID {
	turns := (len(known) + appsEach - 1) / appsEach
	var of []app.ID
	for n, id := range known {
		if int64(n%turns) == now.Unix()/3600%int64(turns) {
			of = append(of, id)
		}
	}
	return of
}

// ofApp looks at one application: its events, its rollups, and the log of the
// account that it belongs to.
func (a *Ages) ofApp(ctx context.Context, id app.ID, now time.Time) ([]retention.Age, error) {
	of, err := a.App(ctx, id)
	if errors.Is(err, app.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var rows []row
	for part := range eventParts {
		rows = append(rows, a.Telemetry.eventRow(id, part, of.Limits().Retention))
		for span := range spans {
			rows = append(rows, a.Telemetry.rollupRow(id, part, span, of.Limits().Retention))
		}
	}
	if of.Account != "" {
		rows = append(rows, a.Directory.logRow(account.ID(of.Account)))
	}
	return look(ctx, rows, now)
}

// look returns an age for each row in which there is something to read.
func look(ctx context.Context, rows []row, now time.Time) ([]retention.Age, error) {
	var one sync.Mutex
	var all []retention.Age
	err := inParallel(len(rows), func(n int) error {
		age, found, err := rows[n].age(ctx, now)
		if found {
			one.Lock()
			defer one.Unlock()
			all = append(all, age)
		}
		return err
	})
	return all, err
}

// The rows that there are. An application's are of one retention, whatever its
// records are stamped with: that is what is to be found out.

func (t *Telemetry) eventRow(of app.ID, part int, kept time.Duration) row {
	return row{
		class: retention.Events, client: t.client, table: t.table, pk: pkEvents(of, part), first: "0", last: "~", alive: Expiry, kept: kept,
		at: func(i item) (time.Time, bool) { return happened(text(i, Range)) }, sort: stamp,
	}
}

// rollupRow is those of one span. One is read until the first of its events
// ends, which may have happened when it was all but over.
func (t *Telemetry) rollupRow(of app.ID, part int, s telemetry.Span, kept time.Duration) row {
	return row{
		class: retention.Rollups, client: t.client, table: t.table, pk: pkRollups(of, part), first: spans[s], last: spans[s] + "~", alive: attrWhole,
		kept: kept, long: time.Duration(s),
		at:   func(i item) (time.Time, bool) { at, err := startOf(s, i); return at, err == nil },
		sort: func(t time.Time) string { return rollupSort(s, t) },
	}
}

func (l *Ledger) entryRow() row {
	return row{
		class: retention.Requests, client: l.client, table: l.table, pk: pkEntries, first: "0", last: "~", alive: Expiry, kept: ledger.Keep, holds: attrAt,
		at: func(i item) (time.Time, bool) { at := instant(i, attrAt); return at, !at.IsZero() },
	}
}

func (d *Directory) logRow(of account.ID) row {
	return row{
		class: retention.Activity, client: d.client, table: d.table, pk: of.Part().String(), first: account.LogPrefix, last: account.LogPrefix + "~",
		alive: Expiry, kept: account.KeepActivity, backwards: true,
		at: func(i item) (time.Time, bool) { return account.LoggedAt(text(i, Range)) },
	}
}
