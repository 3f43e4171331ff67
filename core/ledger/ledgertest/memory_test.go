package ledgertest_test

import (
	"errors"
	"testing"
	"time"

	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	ledgertest.Test(t, func(_ *testing.T, now func() time.Time) ledger.Ledger { return &ledgertest.Memory{Now: now} })
}

func TestACallFailsInBothWays(t *testing.T) {
	begin := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	for _, after := range []bool{false, true} {
		failing := true
		m := &ledgertest.Memory{Now: func() time.Time { return begin }}
		m.Fault = func(method string, at bool) error {
			if failing && method == "Append" && at == after {
				return errors.ErrUnsupported
			}
			return nil
		}
		if err := m.Append(t.Context(), ledgertest.Entry(1, ledger.Download, ledger.Requested, begin)); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("after %v: got %v", after, err)
		}
		failing = false
		all, err := m.Entries(t.Context(), 0, 10)
		if err != nil || (len(all) == 1) != after {
			t.Errorf("after %v: there are %v (%v)", after, all, err)
		}
	}
}
