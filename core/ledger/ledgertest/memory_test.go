package ledgertest_test

import (
	"errors"
	"testing"
	"time"

	"tacet/core/fault/faulttest"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	ledgertest.Test(t, func(_ *testing.T, now func() time.Time) ledger.Ledger { return &ledgertest.Memory{Now: now} })
}

func TestACallFailsInBothWays(t *testing.T) {
	begin := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	for _, how := range faulttest.Ways {
		m, f := &ledgertest.Memory{Now: func() time.Time { return begin }}, new(faulttest.Faults)
		l := ledgertest.WithFaults(m, f)
		f.Fail(1, how)
		if err := l.Append(t.Context(), ledgertest.Entry(1, ledger.Download, ledger.Requested, begin)); !errors.Is(err, faulttest.ErrInjected) {
			t.Errorf("%s: got %v", how, err)
		}
		all, err := l.Entries(t.Context(), 0, 10)
		if err != nil || (len(all) == 1) != (how == faulttest.AppliedButFailed) {
			t.Errorf("%s: there are %v (%v)", how, all, err)
		}
	}
}
