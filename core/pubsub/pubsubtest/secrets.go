package pubsubtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"tacet/core/privacy"
)

// OpenSecrets returns a store without secrets that lives by the clock, for one
// test.
type OpenSecrets func(t *testing.T, clock *Clock) privacy.DaySecrets

// TestDaySecrets holds a store against the contract of privacy.DaySecrets.
func TestDaySecrets(t *testing.T, open OpenSecrets) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *Clock, privacy.DaySecrets)
	}{
		{"a day has one secret", oneSecret},
		{"a secret is there within the grace and not outside", secretsGrace},
		{"a day that is over never gets another", secretsOver},
		{"concurrent callers get the same", secretsRace},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := NewClock()
			c.test(t, clock, open(t, clock))
		})
	}
}

// fixed hands out one secret for any day.
type fixed struct{ s privacy.Secret }

func (f fixed) Secret(context.Context, privacy.Day) (privacy.Secret, error) { return f.s, nil }

// Fingerprint tells secrets apart, which show nothing of themselves: it is what
// becomes of one address on one day under s.
func Fingerprint(ctx context.Context, s privacy.Secret) (string, error) {
	a, err := privacy.Anonymiser{Secrets: fixed{s}}.Anonymise(ctx, privacy.ParseAddr("192.0.2.1"), "app", privacy.Ipcrypt, time.Unix(0, 0))
	return a.Value(), err
}

func mustSecret(t *testing.T, secrets privacy.DaySecrets, day privacy.Day) string {
	t.Helper()
	s, err := secrets.Secret(t.Context(), day)
	if err != nil {
		t.Fatalf("Secret(%s): %v", day, err)
	}
	mark, err := Fingerprint(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return mark
}

func wantNoSecret(t *testing.T, secrets privacy.DaySecrets, day privacy.Day) {
	t.Helper()
	if _, err := secrets.Secret(t.Context(), day); !errors.Is(err, privacy.ErrNoSecret) {
		t.Errorf("Secret(%s): %v, want none", day, err)
	}
}

func oneSecret(t *testing.T, clock *Clock, secrets privacy.DaySecrets) {
	today := privacy.DayOf(clock.Now())
	first := mustSecret(t, secrets, today)
	clock.Advance(11 * time.Hour)
	if again := mustSecret(t, secrets, today); again != first {
		t.Error("the day has another secret later")
	}
	clock.Advance(2 * time.Hour)
	if next := mustSecret(t, secrets, today+1); next == first {
		t.Error("the next day has the same secret")
	}
}

func secretsGrace(t *testing.T, clock *Clock, secrets privacy.DaySecrets) {
	today := privacy.DayOf(clock.Now())
	wantNoSecret(t, secrets, today-1)
	wantNoSecret(t, secrets, today+1)
	wantNoSecret(t, secrets, today+1000)
	first := mustSecret(t, secrets, today)
	clock.Advance(12*time.Hour + time.Minute) // 00:01 of the next day
	if again := mustSecret(t, secrets, today); again != first {
		t.Error("within its grace the day has another secret")
	}
	clock.Advance(time.Hour) // 01:01
	wantNoSecret(t, secrets, today)
}

func secretsOver(t *testing.T, clock *Clock, secrets privacy.DaySecrets) {
	today := privacy.DayOf(clock.Now())
	mustSecret(t, secrets, today)
	for range 3 {
		clock.Advance(24 * time.Hour)
		wantNoSecret(t, secrets, today)
		mustSecret(t, secrets, privacy.DayOf(clock.Now()))
		wantNoSecret(t, secrets, today)
	}
}

func secretsRace(t *testing.T, clock *Clock, secrets privacy.DaySecrets) {
	today := privacy.DayOf(clock.Now())
	prints := make([]string, 16)
	together(len(prints), func(i int) {
		s, err := secrets.Secret(t.Context(), today)
		if err != nil {
			t.Errorf("Secret: %v", err)
			return
		}
		prints[i], _ = Fingerprint(t.Context(), s)
	})
	for _, p := range prints {
		if p != prints[0] {
			t.Fatal("two callers got different secrets")
		}
	}
}
