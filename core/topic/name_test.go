package topic_test

import (
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/topic"
)

func TestParseAcceptsLegalNames(t *testing.T) {
	for _, s := range []string{
		"a", "main", "chat", "chat/room-1", "secure/inbound", "priv/abc=", "A_-=@,.;:/z",
		"secure/a", "securely/x", "private", "tacetly", strings.Repeat("x", 256),
	} {
		if n, err := topic.Parse(s); err != nil || string(n) != s {
			t.Errorf("Parse(%q) = %q, %v", s, n, err)
		}
	}
}

func TestParseRefusesWhatIsNoName(t *testing.T) {
	for _, s := range []string{
		"", " ", "a b", "a\n", "a*", "$connect", "#", "ä", "a\x00", "/a", "a/", "a//b", "/", "secure", "priv", "tacet",
		"tacet/x", "secure/", "priv/", strings.Repeat("x", 257), "a%20b", "a+b", "a|b", "\xff",
	} {
		n, err := topic.Parse(s)
		if err == nil || n != "" {
			t.Errorf("Parse(%q) = %q, want a refusal", s, n)
			continue
		}
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("Parse(%q): kind %v, want invalid", s, fault.KindOf(err))
		}
	}
}

func TestARefusalDoesNotRepeatTheName(t *testing.T) {
	_, err := topic.Parse("alice@example.org secret")
	if strings.Contains(err.Error(), "alice") {
		t.Errorf("the refusal repeats its input: %v", err)
	}
}

func TestKindFollowsTheFirstSegment(t *testing.T) {
	for s, want := range map[topic.Name]topic.Kind{
		"main": topic.Open, "secure/inbound": topic.Secure, "priv/x": topic.Priv,
		"securex/y": topic.Open, "privx/y": topic.Open, "a/secure/b": topic.Open,
	} {
		if got := s.Kind(); got != want {
			t.Errorf("%q: kind %v, want %v", s, got, want)
		}
	}
}

func TestAddressIsWhatFollowsPriv(t *testing.T) {
	if got, ok := topic.Name("priv/a").Address(); !ok || got != "a" {
		t.Errorf("Address = %q, %v", got, ok)
	}
	for _, n := range []topic.Name{"main", "priv/a/b"} {
		if got, ok := n.Address(); ok {
			t.Errorf("%s addresses %q", n, got)
		}
	}
	if got := topic.PrivOf("L0SM9cOFvHcCIhw="); got != "priv/L0SM9cOFvHcCIhw=" {
		t.Errorf("PrivOf = %q", got)
	}
}

func TestOnlyTheServerSpeaksOnItsOwnTopics(t *testing.T) {
	for n, want := range map[topic.Name]bool{"priv/acks": true, "priv/errors": true, "priv/session": true, "priv/ack": false, "main": false} {
		if got := n.ServerOnly(); got != want {
			t.Errorf("%q.ServerOnly() = %v, want %v", n, got, want)
		}
	}
}
