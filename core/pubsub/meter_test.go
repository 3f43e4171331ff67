package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
)

// meter writes down what it is told.
type meter struct {
	t    *testing.T
	told []string
}

func (m *meter) note(format string, args ...any) {
	m.told = append(m.told, fmt.Sprintf(format, args...))
}

func (m *meter) Answered(_ context.Context, verb wire.Type, code wire.Code, took time.Duration) {
	m.note("answered %q %d %v", verb, code, took)
}
func (m *meter) Connected(_ context.Context, code wire.Code) { m.note("connected %d", code) }
func (m *meter) Disconnected(context.Context)                { m.note("disconnected") }
func (m *meter) Published(_ context.Context, size int, n wire.Counts, took time.Duration) {
	m.note("published %d %+v %v", size, n, took)
}
func (m *meter) Recorded(_ context.Context, kept bool) { m.note("recorded %v", kept) }

func (m *meter) want(want ...string) {
	m.t.Helper()
	if !slices.Equal(m.told, want) {
		m.t.Errorf("the meter was told %q, want %q", m.told, want)
	}
	m.told = nil
}

func TestTheMeterIsToldWhatHappened(t *testing.T) {
	h := host(t, app.Settings{Violations: app.ViolationsError})
	m := &meter{t: t}
	h.Service.Meter = m
	h.Enter("a", "ann", everything)
	m.want("connected 0", "recorded true")
	if err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, "")); err == nil {
		t.Error("it was let in")
	}
	m.want("recorded true", "connected 4200")
	if err := h.Connect(t.Context(), arrival(h, "x", "nonsense", "")); err == nil {
		t.Error("it was let in")
	}
	m.want("connected 4100")
	h.Service.Poster = slowly{h.Poster, h.Clock, time.Second}
	h.Say("a", publish("main", ""))
	m.want("recorded true", "published 8 {Matched:1 Delivered:1 Gone:0} 1s", `answered "publish" 0 1s`)
	if _, err := backend(t, h, everything).Publish(t.Context(), pubsub.Publication{Topic: "empty", Message: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	m.want("recorded true", "published 1 {Matched:0 Delivered:0 Gone:0} 0s")
	h.Say("a", subscribe("secure/x"))
	m.want("recorded true", `answered "subscribe" 4202 0s`)
	h.Say("a", `{"type":"what the client says"}`) // no word of it
	m.want("recorded true", `answered "" 4101 0s`)
	h.Say("nobody", `{"type":"ping"}`)
	m.want(`answered "ping" 4105 1s`)
	h.Recorder = deafRecorder{}
	for range 2 {
		if err := h.Disconnect(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	m.want("disconnected", "recorded false")
	if n := len(h.Troubles()); n == 0 {
		t.Error(errors.New("nobody was told"))
	}
}
