package stack

import (
	"encoding/json"
	"testing"
	"time"
)

func TestSchedulesAreRead(t *testing.T) {
	now := time.Date(2026, 11, 28, 8, 9, 10, 0, time.UTC)
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(2 hours)": 2 * time.Hour, "rate(1 day)": 24 * time.Hour,
		"cron(* * * * ? *)": 50 * time.Second,
	} {
		s, err := parseSchedule(expression)
		if err != nil || s.wait(now) != want {
			t.Errorf("%s: in %v, %v; want %v", expression, s.wait(now), err, want)
		}
	}
	for _, expression := range []string{"", "rate(1 minute", "rate(0 minutes)", "rate(x minutes)", "rate(1)", "rate(1 week)", "cron(0 * * * ? *)", "at(2026-11-28T00:00:00)"} {
		if _, err := parseSchedule(expression); err == nil {
			t.Errorf("%q is taken for a schedule", expression)
		}
	}
}

func TestTheEventOfAScheduleSaysWhen(t *testing.T) {
	var event struct {
		Time   time.Time
		Source string
	}
	at := time.Date(2026, 11, 28, 8, 9, 10, 0, time.UTC)
	if err := json.Unmarshal(scheduled("eu-central-1", "123456789012", at), &event); err != nil || !event.Time.Equal(at) || event.Source != "aws.events" {
		t.Errorf("%+v, %v", event, err)
	}
}
