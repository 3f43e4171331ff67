package pubsub_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
)

// Backends believe what secure/inbound says of who is there: a client could
// look gone to a moderator while it stays.
func TestPresenceAndWelcomeCannotBeForged(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	for _, frame := range []string{
		`{"type":"message","data":{"messageType":"presence","payload":{"status":"disconnected","code":-1}}}`,
		`{"type":"publish","data":{"topic":"secure/inbound","messageType":"presence","payload":{}}}`,
		`{"type":"publish","data":{"topic":"main","messageType":"welcome","payload":{}}}`,
	} {
		wantError(t, h.Say("a", frame), wire.CodeInvalidField)
	}
	wantAck(t, h.Say("a", `{"type":"publish","data":{"topic":"x","messageType":"presence","payload":{},"id":"1"}}`), 0, 0, 0)

	b, err := h.Backend(t.Context(), string(pubsubtest.AppA), h.Token(pubsubtest.AdminSecret, "api", time.Hour, everything), privacy.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Publish(t.Context(), pubsub.Publication{Topic: "main", MessageType: "welcome", Message: []byte("{}")})
	wantFault(t, err, fault.Invalid, wire.CodeInvalidField)
	wantHeard(t, h, "a")
}

func TestALesserTokenTakesSubscriptionsAway(t *testing.T) {
	h := host(t, app.Settings{Violations: app.ViolationsError})
	h.Enter("a", "ann", grant.Read("secure/*"))
	h.Enter("b", "bob", everything)
	wantNothing(t, h.Say("a", `{"type":"subscribe","data":{"topic":"secure/x"}}`))
	wantNothing(t, h.Say("a", `{"type":"subscribe","data":{"topic":"news"}}`))
	wantAck(t, h.Say("a", authenticate(h.Token(pubsubtest.ClientSecret, "ann", time.Hour))), 1, 0, 0)
	wantAck(t, h.Say("b", publish("secure/x", "")), 0, 0, 0)
	wantAck(t, h.Say("b", publish("news", "")), 1, 1, 0)
}

// The tick that should have ended it came between the check of its token and
// its record.
func TestATokenThatExpiresWhileItIsAdmittedEndsItsConnection(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	h.EnterFor(time.Second, "a", "ann")
	h.Clock.Advance(2 * time.Second)
	if _, err := h.EndExpired(t.Context(), h.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, ended := h.Poster.Ended("a"); !ended {
		t.Error("the connection outlives its token")
	}
}

func TestEveryRequestButAPingCountsAgainstTheRate(t *testing.T) {
	h := host(t, app.Settings{Violations: app.ViolationsError})
	for _, c := range []struct {
		id    wire.ConnID
		frame string
	}{
		{"a", subscribe("news")},
		{"b", `{"type":"unsubscribe","data":{"topic":"news","id":"1"}}`},
		{"c", publish("news", "")}, // forbidden
		{"d", authenticate("a.b.c")},
	} {
		h.Enter(c.id, "ann")
		for range plan.Default().MessagesPerSecond {
			h.Say(c.id, c.frame)
		}
		wantError(t, h.Say(c.id, c.frame), wire.CodeRate)
		if f := read(t, h.Say(c.id, `{"type":"ping"}`)); f.MessageType != "pong" {
			t.Errorf("a ping is answered with %s", f.MessageType)
		}
	}
}

// during does something while a frame is posted.
type during struct {
	pubsub.Poster
	do func(to wire.ConnID)
}

func (d during) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if len(to) == 1 {
		d.do(to[0])
	}
	return d.Poster.Post(ctx, to, f)
}

// inOrder returns who is due in the order of their ids.
type inOrder struct{ pubsub.Connections }

func (o inOrder) Due(ctx context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	due, err := o.Connections.Due(ctx, after, until)
	slices.SortFunc(due, func(a, b *pubsub.Connection) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return due, err
}

func TestATokenRenewedWhileOthersAreEndedIsNotEnded(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	done := h.Clock.Now()
	const many = 80 // more than are ended at a time
	for i := range many {
		h.EnterFor(time.Minute, wire.ConnID(fmt.Sprintf("c%02d", i)), grant.Subject(fmt.Sprint("s", i)))
	}
	h.Clock.Advance(time.Minute)
	h.Connections = inOrder{h.Connections}
	last := wire.ConnID(fmt.Sprintf("c%02d", many-1))
	fresh := authenticate(h.Token(pubsubtest.ClientSecret, grant.Subject(fmt.Sprint("s", many-1)), time.Hour))
	var once sync.Once // whoever posts waits until it is done
	h.Service.Poster = during{h.Poster, func(wire.ConnID) {
		once.Do(func() {
			if answer := h.Say(last, fresh); !strings.Contains(answer, `"ack"`) {
				t.Errorf("answered %s", answer)
			}
		})
	}}
	if _, err := h.EndExpired(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	for i := range many {
		id := wire.ConnID(fmt.Sprintf("c%02d", i))
		if _, ended := h.Poster.Ended(id); ended != (id != last) {
			t.Errorf("%s was ended: %v", id, ended)
		}
	}
}
