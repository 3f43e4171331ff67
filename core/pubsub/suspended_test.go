package pubsub_test

import (
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
)

// suspend suspends the application of a host, and resumes it.
func suspend(h *pubsubtest.Host, suspended bool) {
	a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
	a.Suspended = suspended
	h.Model.Put(a, pubsubtest.Keys())
}

func TestASuspendedApplicationServesNobody(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	h.Enter("b", "bob", everything)
	wantAck(t, h.Say("b", subscribe("news")), 1, 0, 0)
	good := h.Token(pubsubtest.ClientSecret, "cat", time.Hour)
	suspend(h, true)

	wantFault(t, h.Connect(t.Context(), arrival(h, "c", pubsubtest.AppA, good)), fault.Forbidden, wire.CodeSuspended)
	_, err := h.Backend(t.Context(), string(pubsubtest.AppA), h.Token(pubsubtest.AdminSecret, "backend", time.Hour, allRights...), privacy.Addr{})
	wantFault(t, err, fault.Forbidden, wire.CodeSuspended)
	wantHeard(t, h, "b")

	suspend(h, false)
	if err := h.Connect(t.Context(), arrival(h, "c", pubsubtest.AppA, good)); err != nil {
		t.Errorf("after it was resumed: %v", err)
	}
	wantAck(t, h.Say("a", publish("news", "")), 1, 1, 0)
}

// Suspending ends connections; this is for those that were missed.
func TestWhoSpeaksWhileItsApplicationIsSuspendedIsEnded(t *testing.T) {
	fresh := host(t, app.Settings{}).Token(pubsubtest.ClientSecret, "ann", time.Hour)
	for name, frame := range map[string]string{
		"publishes": publish("news", ""), "subscribes": subscribe("news"), "brings a fresh token": authenticate(fresh),
		"sends a message": `{"type":"message","data":{"payload":1,"id":"1"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := host(t, app.Settings{Violations: app.ViolationsError})
			h.Enter("b", "bob", everything)
			h.Enter("a", "ann", everything)
			h.Poster.Frames("b")
			suspend(h, true)
			wantNothing(t, h.Say("a", frame))
			if heard := h.Poster.Frames("a"); len(heard) != 1 {
				t.Errorf("it hears %q", heard)
			} else {
				wantError(t, heard[0], wire.CodeSuspended)
			}
			if how, ended := h.Poster.Ended("a"); !ended || how.Code != wire.CodeSuspended {
				t.Errorf("ended: %v, %+v", ended, how)
			}
			wantHeard(t, h, "b")
			if got := h.Say("b", `{"type":"ping"}`); read(t, got).MessageType != "pong" {
				t.Errorf("a ping is answered with %s", got)
			}
		})
	}
}

func TestAStrangerIsNotToldThatAnApplicationIsSuspended(t *testing.T) {
	h := host(t, app.Settings{})
	suspend(h, true)
	err := h.Connect(t.Context(), arrival(h, "c", pubsubtest.AppA, h.Token(pubsubtest.OtherSecret, "cat", time.Hour)))
	wantFault(t, err, fault.Forbidden, wire.CodeForbidden)
}
