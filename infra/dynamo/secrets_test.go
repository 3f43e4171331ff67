package dynamo_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
)

// daysKept returns how many secrets rest in the table.
func daysKept(t *testing.T, names dynamotest.Names) int {
	t.Helper()
	return len(local.Scan(t, names["realtime"]))
}

func wantKept(t *testing.T, names dynamotest.Names, want int, when string) {
	t.Helper()
	if got := daysKept(t, names); got != want {
		t.Errorf("%s, %d secrets rest in the table, want %d", when, got, want)
	}
}

func TestASecretIsDeletedAfterItsGrace(t *testing.T) {
	clock, names := pubsubtest.NewClock(), local.Create(t, "realtime")
	s := dynamo.NewSecrets(client(local.Endpoint, nil), names["realtime"], clock.Now)
	today := privacy.DayOf(clock.Now())
	ask := func(day privacy.Day) {
		t.Helper()
		_, err := s.Secret(t.Context(), day)
		must(t, err)
	}
	ask(today)
	clock.Advance(12*time.Hour + time.Minute) // 00:01
	ask(today + 1)
	wantKept(t, names, 2, "within the grace")
	clock.Advance(time.Hour) // 01:01
	ask(today + 1)
	wantKept(t, names, 1, "after the grace")
}

// Nobody who knew the secret may be left to delete it.
func TestDestroyNeedsNobodyWhoKnowsTheSecret(t *testing.T) {
	clock, names := pubsubtest.NewClock(), local.Create(t, "realtime")
	open := func() *dynamo.Secrets {
		return dynamo.NewSecrets(client(local.Endpoint, nil), names["realtime"], clock.Now)
	}
	_, err := open().Secret(t.Context(), privacy.DayOf(clock.Now()))
	must(t, err)
	clock.Advance(12*time.Hour + 59*time.Minute)
	must(t, open().Destroy(t.Context()))
	wantKept(t, names, 1, "within the grace")
	clock.Advance(time.Minute)
	must(t, open().Destroy(t.Context()))
	wantKept(t, names, 0, "after the grace")
}

// A secret that cannot be deleted is an error until it can.
func TestASecretThatCannotBeDeletedIsNotForgotten(t *testing.T) {
	s := newScene(t)
	today := privacy.DayOf(s.clock.Now())
	_, err := s.secrets.Secret(s.ctx, today)
	must(t, err)
	s.clock.Advance(14 * time.Hour)
	s.proxy.strike(-1, throttled)
	if _, err := s.secrets.Secret(s.ctx, today); !errors.Is(err, dynamo.ErrThrottled) {
		t.Errorf("got %v", err)
	}
	s.proxy.stop()
	if _, err := s.secrets.Secret(s.ctx, today); !errors.Is(err, privacy.ErrNoSecret) {
		t.Errorf("got %v", err)
	}
	for _, line := range s.rest() {
		if strings.Contains(line, "k#") {
			t.Errorf("it rests: %s", line)
		}
	}
}
