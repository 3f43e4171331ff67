package privacytest_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
)

// manifest lists what event has.
var manifest = privacy.Manifest{Classes: []privacy.Class{{Name: "event", Attributes: []privacy.Attribute{
	{Field: "node", Transform: privacy.AsIs},
	{Field: "clientIp", Transform: privacy.Anonymise},
	{Field: "topic", Transform: privacy.HideTopics},
	{Field: "size", Transform: privacy.AsIs},
	{Field: "at", Transform: privacy.AsIs},
	{Field: "who", Transform: privacy.KeyedHash},
	{Field: "counts", Transform: privacy.AsIs},
	{Field: "crowd", Transform: privacy.Hashed},
	{Field: "name.first", Transform: privacy.Sealed},
	{Field: "key", Transform: privacy.Wrapped},
	{Field: "key.app", Transform: privacy.AsIs},
}}}}

type crowd []uint32

type event struct {
	Node     string                `json:"node"`
	ClientIP *privacy.Anonymised   `json:"clientIp,omitzero"`
	Topic    privacy.RecordedTopic `json:"topic"`
	Size     int                   `json:"size"`
	At       time.Time             `json:"at"`
	Who      []string              `json:"who"`
	Counts   map[string]int        `json:"counts"`
	Crowd    crowd                 `json:"crowd"`
	Name     []byte                `json:"name"`
	Key      []byte                `json:"key"`
}

type name struct {
	First string `json:"first"`
}

func problems(v any) []string {
	return privacytest.Problems(manifest, "event", privacytest.Form{
		Of: reflect.TypeOf(v), Inside: map[string]reflect.Type{"name": reflect.TypeFor[name]()},
		Leaves: map[reflect.Type]privacy.Transform{reflect.TypeFor[crowd](): privacy.Hashed},
	})
}

func TestATypeMayHoldWhatTheManifestLists(t *testing.T) {
	for _, v := range []any{event{}, &event{}, struct{ event }{}, struct{ *event }{}} {
		if got := problems(v); got != nil {
			t.Errorf("%T: %q", v, got)
		}
	}
}

func TestATypeMayHoldNothingElse(t *testing.T) {
	for what, v := range map[string]any{
		"an attribute of its own": struct {
			event
			UserAgent string
		}{},
		"a name in other case": struct {
			event
			Node string
		}{},
		"hidden from JSON": struct {
			event
			Agent string `json:"-"`
		}{},
		"unexported": struct {
			event
			agent string
		}{},
		"one level below": struct {
			event
			Extra struct{ UserAgent string } `json:"size"`
		}{},
		"embedded": struct {
			event
			privacy.Addr
		}{},
		"a raw address": struct {
			event
			IP privacy.Addr `json:"clientIp"`
		}{},
		"an address of another type": struct {
			event
			IP netip.Addr `json:"clientIp"`
		}{},
		"an address as text": struct {
			event
			IP string `json:"clientIp"`
		}{},
		"a topic that was not recorded": struct {
			event
			Topic string `json:"topic"`
		}{},
		"anything": struct {
			event
			Node any `json:"node"`
		}{},
		"anything by name": struct {
			event
			Node map[string]any `json:"node"`
		}{},
		"a list of anything": struct {
			event
			Node []any `json:"node"`
		}{},
		"a function": struct {
			event
			Node func() `json:"node"`
		}{},
		"bytes": struct {
			event
			Node []byte `json:"node"`
		}{},
		"JSON": struct {
			event
			Node json.RawMessage `json:"node"`
		}{},
		"text that should be encrypted": struct {
			event
			Key string `json:"key"`
		}{},
		"in clear what should be sealed": struct {
			event
			Name name `json:"name"`
		}{},
		"an anonymised address under another name": struct {
			event
			Node privacy.Anonymised `json:"node"`
		}{},
		"itself": struct {
			event
			Node *loop `json:"node"`
		}{},
	} {
		got := problems(v)
		if got == nil {
			t.Errorf("%s passes", what)
		} else if what == "an attribute of its own" && !strings.Contains(got[0], "UserAgent") {
			t.Errorf("what is wrong does not name the field: %q", got)
		}
	}
}

type loop struct {
	Next *loop `json:"node"`
	Node string
}

func TestWhatIsSealedIsLookedInto(t *testing.T) {
	type more struct {
		name
		Last string `json:"last"`
	}
	got := privacytest.Problems(manifest, "event", privacytest.Form{Of: reflect.TypeFor[event](), Inside: map[string]reflect.Type{"name": reflect.TypeFor[more]()}})
	if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, "name.last") }) {
		t.Errorf("got %q", got)
	}
}

func TestTheManifestListsNothingThatIsNotThere(t *testing.T) {
	type less struct {
		Node string `json:"node"`
	}
	got := problems(less{})
	if want := 9; len(got) != want { // all but the node, and the key, which no type has
		t.Errorf("%d problems, want %d: %q", len(got), want, got)
	}
	if got := privacytest.Problems(manifest, "no such class"); got == nil {
		t.Error("a class that is not there passes")
	}
}

func TestHashesAndSketchesAreNumbers(t *testing.T) {
	type list []string
	type holder struct {
		Crowd list `json:"crowd"`
	}
	got := privacytest.Problems(manifest, "event", privacytest.Form{Of: reflect.TypeFor[holder](), Leaves: map[reflect.Type]privacy.Transform{reflect.TypeFor[list](): privacy.Hashed}})
	if !strings.Contains(strings.Join(got, "\n"), "not made of numbers") {
		t.Errorf("got %q", got)
	}
}
