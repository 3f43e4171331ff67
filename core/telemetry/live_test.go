package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// seconds are events, of which those of a span are read.
type seconds []telemetry.Event

var errStore = errors.New("the store failed")

func (s seconds) Each(_ context.Context, of app.ID, from, to, _ time.Time, f func(telemetry.Event) error) error {
	if s == nil {
		return errStore
	}
	for _, e := range s {
		if e.App == of && !e.At.Before(from) && e.At.Before(to) {
			if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}

const watched app.ID = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

var liveAt = time.Date(2026, 3, 14, 12, 0, 10, 0, time.UTC)

func on(topic privacy.RecordedTopic, ago time.Duration, size, subscribers int) telemetry.Event {
	return telemetry.Event{App: watched, Topic: topic, Size: size, Subscribers: subscribers, At: liveAt.Add(-ago)}
}

func live(t *testing.T, events seconds, of int) *telemetry.Live {
	t.Helper()
	l, err := telemetry.LiveOf(t.Context(), events, watched, liveAt.Add(300*time.Millisecond), of, liveAt.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLiveFiguresAreThoseOfTheLastSeconds(t *testing.T) {
	refused := on(telemetry.TopicError, time.Second, 0, 0)
	refused.Code = 4301
	other := on("chat", time.Second, 9, 9)
	other.App = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	got := live(t, seconds{
		on("late", 0, 1, 1), // of the next second
		on("chat", time.Millisecond, 10, 3), on("chat", time.Second, 30, 2), on("early", 2*time.Second, 7, 1), on("before", 2*time.Second+1, 1, 1),
		on(telemetry.TopicDisconnect, time.Second, 0, 5), on(telemetry.TopicConnect, 2*time.Second, 0, 5),
		refused, refused, other,
	}, 2)
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"at":"2026-03-14T12:00:10Z","seconds":2,"messages":3,"deliveries":6,"bytes":47,"open":4,"connects":1,"disconnects":1,"errors":{"4301":2},` +
		`"topics":[{"topic":"chat","messages":2,"deliveries":5,"bytes":40,"largest":30,"subscribers":3},{"topic":"early","messages":1,"deliveries":1,"bytes":7,"largest":7,"subscribers":1}]}`
	if string(text) != want {
		t.Errorf("got\n%s, want\n%s", text, want)
	}
}

func TestASecondInWhichNothingHappenedHasFigures(t *testing.T) {
	text, err := json.Marshal(live(t, seconds{}, 1))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"at":"2026-03-14T12:00:10Z","seconds":1,"messages":0,"deliveries":0,"bytes":0,"open":0,"connects":0,"disconnects":0,"errors":{},"topics":[]}`; string(text) != want {
		t.Errorf("got %s", text)
	}
}

func TestOfManyTopicsThoseWithMostMessagesAreListed(t *testing.T) {
	var events seconds
	for i := range 3 * telemetry.MaxLiveTopics {
		for range i {
			events = append(events, on(privacy.RecordedTopic(fmt.Sprintf("t%03d", i)), time.Second, 1, 1))
		}
	}
	got := live(t, events, 1).Topics
	if len(got) != telemetry.MaxLiveTopics || got[0].Topic != "t149" || got[49].Topic != "t100" {
		t.Errorf("%d topics, from %v to %v", len(got), got[0], got[len(got)-1])
	}
	if !slices.IsSortedFunc(got, func(a, b telemetry.LiveTopic) int { return int(b.Messages - a.Messages) }) {
		t.Error("they are in no order")
	}
}

// Whoever publishes on a million topics in a second must not fill the memory of
// who looks on.
func TestOfCountlessTopicsTheSumsAreRightAllTheSame(t *testing.T) {
	var events seconds
	for i := range 20_000 {
		events = append(events, on(privacy.RecordedTopic(fmt.Sprint("t", i)), time.Second, 1, 2))
	}
	if got := live(t, events, 1); got.Messages != 20_000 || got.Deliveries != 40_000 || len(got.Topics) != telemetry.MaxLiveTopics {
		t.Errorf("%d messages, %d deliveries, %d topics", got.Messages, got.Deliveries, len(got.Topics))
	}
}

func TestLiveLooksAtAMinuteAtMost(t *testing.T) {
	for ask, want := range map[int]int{-1: 1, 0: 1, 60: 60, 61: 60, 1 << 40: 60} {
		if got := live(t, seconds{}, ask).Seconds; got != want {
			t.Errorf("asked for %d seconds: got %d, want %d", ask, got, want)
		}
	}
}

func TestAStoreThatFailsHasNoLiveFigures(t *testing.T) {
	if _, err := telemetry.LiveOf(t.Context(), seconds(nil), watched, liveAt, 1, liveAt); !errors.Is(err, errStore) {
		t.Errorf("got %v", err)
	}
}
