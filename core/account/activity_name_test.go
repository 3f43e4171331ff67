package account_test

import (
	"testing"
	"time"

	"tacet/core/account"
)

func TestNamesOfTheLogSayWhen(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Date(2026, 3, 14, 12, 0, 0, 123456789, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 1, time.UTC)} {
		if got, ok := account.LoggedAt(account.LogName(at, "0123")); !ok || !got.Equal(at) {
			t.Errorf("%v became %v, %v", at, got, ok)
		}
	}
	for _, name := range []string{"", "log/", "log/x/1", "log/0123456789abcdef", "log/ffffffffffffffff/1", "log/-000000000000001/1", "app/0123456789abcdef/1"} {
		if at, ok := account.LoggedAt(name); ok {
			t.Errorf("%q is of %v", name, at)
		}
	}
}
