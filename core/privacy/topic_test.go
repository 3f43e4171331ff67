package privacy_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"tacet/core/privacy"
	"tacet/core/topic"
)

func blindKey(b byte) *privacy.BlindKey {
	k := privacy.NewBlindKey([privacy.SecretSize]byte{b})
	return &k
}

func TestPrivateTopicsAreNeverRecordedByName(t *testing.T) {
	for _, n := range []topic.Name{"priv/alice@example.org", "priv/L0SM9cOFvHcCIhw=", "priv/a/b", "priv/acks"} {
		for _, blind := range []*privacy.BlindKey{nil, blindKey(1)} {
			if got := privacy.RecordTopic(n, blind); got != "priv/*" {
				t.Errorf("%q is recorded as %q", n, got)
			}
		}
	}
}

func TestOtherTopicsAreRecordedAsTheApplicationWants(t *testing.T) {
	hash := regexp.MustCompile(`^~[A-Za-z0-9_-]{22}$`)
	seen := map[privacy.RecordedTopic]topic.Name{}
	for _, n := range []topic.Name{"main", "chat/room", "secure/inbound", "private/alice", "privacy"} {
		if got := privacy.RecordTopic(n, nil); string(got) != string(n) {
			t.Errorf("%q is recorded as %q though nothing is blind", n, got)
		}
		for b := range byte(3) {
			got := privacy.RecordTopic(n, blindKey(b))
			if !hash.MatchString(string(got)) || got != privacy.RecordTopic(n, blindKey(b)) {
				t.Errorf("%q is recorded as %q", n, got)
			}
			if other, twice := seen[got]; twice {
				t.Errorf("%q and %q, or two keys, give %q", n, other, got)
			}
			seen[got] = n
		}
	}
	if got := privacy.RecordTopic("chat/room", &privacy.BlindKey{}); got != "~" {
		t.Errorf("blind without a key records %q", got)
	}
}

func TestBlindKeysSurviveAStore(t *testing.T) {
	type app struct {
		Blind privacy.BlindKey `json:"blind,omitzero"`
	}
	data, err := json.Marshal(app{*blindKey(7)})
	if err != nil {
		t.Fatal(err)
	}
	var after app
	if err := json.Unmarshal(data, &after); err != nil || privacy.RecordTopic("main", &after.Blind) != privacy.RecordTopic("main", blindKey(7)) {
		t.Errorf("%s came back as another key: %v", data, err)
	}
	for text, ok := range map[string]bool{`{}`: true, `{"blind":null}`: true, `{"blind":""}`: false, `{"blind":"AAAA"}`: false, `{"blind":7}`: false} {
		var a app
		if err := json.Unmarshal([]byte(text), &a); (err == nil) != ok || !a.Blind.IsZero() {
			t.Errorf("%s: %v, zero: %v", text, err, a.Blind.IsZero())
		}
	}
	if data, err := json.Marshal(app{}); err != nil || strings.Contains(string(data), "blind") {
		t.Errorf("no key is stored as %s, %v", data, err)
	}
}
