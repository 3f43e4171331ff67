package swarm

import (
	"strings"
	"testing"
)

const (
	welcomeFrame = `{"topic":"main","messageType":"welcome","data":{"connection":{"id":"c","appId":"a","remoteAddress":"127.0.0.0"}}}`
	ackFrame     = `{"topic":"priv/acks","messageType":"ack","data":{"data":"1","matched":0}}`
)

// hearWhole gives an ear whole messages.
func hearWhole(t *testing.T, ear Ear, messages ...string) Ledger {
	t.Helper()
	var l Ledger
	for _, message := range messages {
		if err := ear.Hear(&l, []byte(message), len(message), true); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestTacetConfirmsWithAckAndWelcomeInAnyOrder(t *testing.T) {
	for name, messages := range map[string][]string{
		"welcome first": {welcomeFrame, ackFrame},
		"ack first":     {ackFrame, welcomeFrame},
	} {
		ear := Tacet{}.Ear(100)
		if l := hearWhole(t, ear, messages[0]); l.Confirmations != 0 {
			t.Errorf("%s: confirmed after one of two", name)
		}
		if l := hearWhole(t, ear, messages[1]); l.Confirmations != 1 || l.Deliveries != 0 {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestTacetCountsLongFramesOnceSubscribed(t *testing.T) {
	long := `{"topic":"bench","messageType":"broadcast","data":"` + strings.Repeat("x", 100) + `"}`
	ear := Tacet{}.Ear(100)
	hearWhole(t, ear, welcomeFrame, ackFrame)
	if l := hearWhole(t, ear, long, `{"topic":"priv/session","messageType":"pong","data":{}}`, long); l.Deliveries != 2 {
		t.Errorf("%d deliveries, want 2", l.Deliveries)
	}
}

func TestTacetTellsWhatTheServerRefuses(t *testing.T) {
	var l Ledger
	refusal := `{"topic":"priv/errors","messageType":"error","data":{"code":"forbidden","message":"no grant"}}`
	err := Tacet{}.Ear(1000).Hear(&l, []byte(refusal), len(refusal), true)
	if err == nil || !strings.Contains(err.Error(), "forbidden: no grant") {
		t.Error(err)
	}
}

func TestNATSIsHeardWhereverFramesCut(t *testing.T) {
	const stream = "INFO {\"server_id\":\"x\"}\r\nPONG\r\nMSG bench 1 5\r\nhello\r\nMSG bench 1 0\r\n\r\nPING\r\n" +
		"MSG bench 1 12\r\nMSG bench 1\r\r\n+OK\r\nPONG\r\n"
	for size := 1; size <= len(stream); size++ {
		ear := NATS{}.Ear(0)
		var l Ledger
		pings := 0
		for rest := stream; rest != ""; {
			n := min(size, len(rest))
			if err := ear.Hear(&l, []byte(rest[:n]), n, true); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			if l.Reply != nil {
				pings++
				l.Reply = nil
			}
		}
		if l.Deliveries != 3 || l.Confirmations != 2 || pings != 1 {
			t.Errorf("in pieces of %d: %d deliveries, %d confirmations, %d pings", size, l.Deliveries, l.Confirmations, pings)
		}
	}
}

func TestNATSTellsWhatTheServerRefuses(t *testing.T) {
	var l Ledger
	for _, line := range []string{"-ERR 'Authorization Violation'\r\n", "MSG bench 1 many\r\n"} {
		if err := (NATS{}).Ear(0).Hear(&l, []byte(line), len(line), true); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
}

func TestBunConfirmsThenCounts(t *testing.T) {
	l := hearWhole(t, Bun{}.Ear(4), "ok", "long enough", "ok")
	if l.Confirmations != 2 || l.Deliveries != 1 {
		t.Errorf("%+v", l)
	}
}
