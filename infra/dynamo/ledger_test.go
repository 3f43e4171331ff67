package dynamo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/infra/dynamo"
)

func TestTheLedgerKeepsTheContract(t *testing.T) {
	ledgertest.Test(t, func(t *testing.T, now func() time.Time) ledger.Ledger {
		return dynamo.NewLedger(client(local.Endpoint, nil), table(t, "ledger"), now)
	})
}

func entry(n int) ledger.Entry { return ledgertest.Entry(n, ledger.Deletion, ledger.Completed, now()) }

// A role for the ledger need not be allowed to change or delete anything.
func TestTheLedgerNeedsNoRightToTakeAnythingBack(t *testing.T) {
	m := new(meter)
	l := dynamo.NewLedger(client(local.Endpoint, m.called), table(t, "ledger"), now)
	ctx := t.Context()
	for _, c := range []struct {
		name, want string
		do         func() error
	}{
		{"append the first", "GetItem:GetItem TransactWriteItems:PutItem", func() error { return l.Append(ctx, entry(1)) }},
		{"append another", "GetItem:GetItem TransactWriteItems:PutItem", func() error { return l.Append(ctx, entry(2)) }},
		{"append it again", "GetItem:GetItem TransactWriteItems:PutItem", func() error { return l.Append(ctx, entry(2)) }},
		{"read", "Query:Query", func() error { _, err := l.Entries(ctx, 0, 1000); return err }},
		{"read of a request", "Query:Query GetItem:GetItem", func() error { _, err := l.Of(ctx, ledgertest.Request(2)); return err }},
		{"read of none", "Query:Query", func() error { _, err := l.Of(ctx, ledgertest.Request(3)); return err }},
	} {
		var got []string
		for _, call := range m.during(func() { must(t, c.do()) }) {
			got = append(got, call.Operation+":"+strings.Join(call.Actions, "+"))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Whatever becomes of a request, an entry is there once, and the chain holds.
func TestAppendingSurvivesEveryFault(t *testing.T) {
	p, name := newProxy(t), table(t, "ledger")
	l, direct := dynamo.NewLedger(client(p.URL, nil), name, now), dynamo.NewLedger(client(local.Endpoint, nil), name, now)
	n := 0
	for _, request := range []int{1, 2} { // the head is read, and all is written
		for _, what := range []trouble{throttled, conflicting, refused, lost, broken} {
			if request == 1 && what == conflicting {
				continue // reads are not
			}
			n++
			p.strike(request, what)
			err := l.Append(t.Context(), entry(n))
			if _, struck := p.stop(); err != nil || struck != 1 {
				t.Errorf("request %d, %s: %v, struck %d times", request, what, err, struck)
			}
			wantEntries(t, direct, n)
		}
	}
	for _, what := range []trouble{broken, refused} { // for good
		n++
		p.strike(-1, what)
		err := l.Append(t.Context(), entry(n))
		p.stop()
		if err == nil {
			t.Errorf("%s, again and again: nobody minds", what)
		}
		must(t, l.Append(t.Context(), entry(n)))
		wantEntries(t, direct, n)
	}
}

func wantEntries(t *testing.T, l *dynamo.Ledger, n int) {
	t.Helper()
	all, err := l.Entries(t.Context(), 0, 1000)
	must(t, err)
	must(t, ledger.Verify(all))
	if len(all) != n {
		t.Errorf("there are %d entries, want %d", len(all), n)
	}
	for i, e := range all {
		if e.Request != ledgertest.Request(i+1) {
			t.Errorf("entry %d is of the request %s", i+1, e.Request)
		}
	}
}

// A head that somebody has set back, by a restored table perhaps, does not let
// the chain fork.
func TestAnEntryIsNeverWrittenOverAnother(t *testing.T) {
	name := table(t, "ledger")
	l := dynamo.NewLedger(client(local.Endpoint, nil), name, now)
	must(t, l.Append(t.Context(), entry(1)))
	head := local.Scan(t, name)
	must(t, l.Append(t.Context(), entry(2)))
	for _, i := range head {
		if show(i[dynamo.Hash]) == `"h#all"` {
			must(t, dynamo.PutItem(t.Context(), client(local.Endpoint, nil), name, i))
		}
	}
	if err := l.Append(t.Context(), entry(3)); err == nil || errors.Is(err, dynamo.ErrThrottled) {
		t.Errorf("got %v", err)
	}
	wantEntries(t, l, 2)
}

// Somebody who may more than any role has taken it away: that is not the same as
// if nothing had ever been asked for.
func TestAnEntryThatIsGoneIsMissed(t *testing.T) {
	name := table(t, "ledger")
	l := dynamo.NewLedger(client(local.Endpoint, nil), name, now)
	must(t, l.Append(t.Context(), entry(1)))
	must(t, dynamo.DeleteItem(t.Context(), client(local.Endpoint, nil), name, "l#all", "0000000000000000001"))
	if all, err := l.Of(t.Context(), ledgertest.Request(1)); err == nil {
		t.Errorf("got %v", all)
	}
}
