package grant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/grant"
)

func pasted(alg grant.Algorithm, text string) grant.Slot {
	return grant.Slot{Algorithm: alg, Text: grant.NewSecret(text)}
}

func TestNothingPrintsASecret(t *testing.T) {
	const marker = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t"
	slot := pasted(grant.HS256, marker)
	signing, err := grant.ParseSigningKey(grant.HS256, marker)
	if err != nil {
		t.Fatal(err)
	}
	hidden := struct {
		secret  grant.Secret
		slot    grant.Slot
		slots   *grant.Slots
		keys    []grant.Key
		signing any
		m       map[string]grant.Slot
	}{
		slot.Text, slot, &grant.Slots{Client: [2]grant.Slot{slot}}, []grant.Key{mustKey(t, grant.HS256, marker)}, signing, map[string]grant.Slot{"a": slot},
	}
	for _, v := range []any{slot.Text, slot, &slot, *hidden.slots, hidden.slots, hidden.keys, hidden.keys[0], signing, hidden, &hidden, hidden.slots.Ring(), *hidden.slots.Ring()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%t"} {
			out := fmt.Sprintf(verb, v)
			if strings.Contains(out, marker) || strings.Contains(strings.ToLower(out), fmt.Sprintf("%x", marker)) {
				t.Errorf("%s of %T prints the secret: %s", verb, v, out)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		if strings.Contains(log.String(), marker) {
			t.Errorf("slog prints the secret of %T: %s", v, log.String())
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "a", slot, "b", slot.Text, "c", *hidden.slots, "d", hidden.slots, "e", hidden)
	if strings.Contains(log.String(), marker) {
		t.Errorf("slog as JSON prints the secret: %s", log.String())
	}
}

func TestSlotsSurviveAStore(t *testing.T) {
	before := grant.Slots{
		Client: [2]grant.Slot{pasted(grant.HS256, secret), {Algorithm: grant.RS256, JWKSURL: "https://example.org/keys", NotAfter: now}},
		Admin:  [2]grant.Slot{pasted(grant.ES256, pairFor(grant.ES256).public)},
	}
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var after grant.Slots
	if err := json.Unmarshal(data, &after); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []grant.Kind{grant.Client, grant.Admin} {
		for i, b := range before.Of(kind) {
			a := after.Of(kind)[i]
			if a.Algorithm != b.Algorithm || a.JWKSURL != b.JWKSURL || !a.NotAfter.Equal(b.NotAfter) || !a.Text.Equal(b.Text) {
				t.Errorf("%s key %d changed on the way", kind, i+1)
			}
		}
	}
	if empty, err := json.Marshal(grant.Slot{}); err != nil || string(empty) != "{}" {
		t.Errorf("an empty slot is %s, %v", empty, err)
	}
}

func TestSlotsAreCheckedBeforeTheyAreKept(t *testing.T) {
	hs, other := pasted(grant.HS256, secret), pasted(grant.HS256, strings.Repeat("another secret! ", 4))
	set := func(alg grant.Algorithm, url string) grant.Slots {
		return grant.Slots{Client: [2]grant.Slot{{Algorithm: alg, JWKSURL: url}}}
	}
	for _, c := range []struct {
		name  string
		slots grant.Slots
		want  string // "" means fine
	}{
		{"none", grant.Slots{}, ""},
		{"one of each kind", grant.Slots{Client: [2]grant.Slot{hs}, Admin: [2]grant.Slot{{}, other}}, ""},
		{"twice for one kind", grant.Slots{Client: [2]grant.Slot{hs, hs}}, ""},
		{"the same for both kinds", grant.Slots{Client: [2]grant.Slot{{}, hs}, Admin: [2]grant.Slot{hs}}, "same key"},
		{"a key set", set(grant.RS256, "https://example.org/keys?x=1"), ""},
		{"a key set whose keys name their algorithms", set("", "https://example.org/keys"), ""},
		{"a key set of secrets", set(grant.HS256, "https://example.org/keys"), "client key 1: a key set needs"},
		{"no URL", set(grant.RS256, "example.org/keys"), "https://"},
		{"a file", set(grant.RS256, "file:///etc/passwd"), "https://"},
		{"a password in the URL", set(grant.RS256, "https://u:p@example.org/"), "no user name"},
		{"both", grant.Slots{Admin: [2]grant.Slot{{}, {Algorithm: grant.RS256, JWKSURL: "https://example.org/", Text: grant.NewSecret("x")}}}, "admin key 2: either"},
		{"an unusable key", grant.Slots{Admin: [2]grant.Slot{{}, pasted(grant.HS256, "short")}}, "admin key 2: a secret for HS256 needs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.slots.Check()
			if c.want == "" && err != nil || c.want != "" && (err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Public(err).Text, c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
