package privacy_test

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/privacy"
)

func TestTheManifestListsWhatThePolicyPromises(t *testing.T) {
	var names, fields []string
	for _, a := range privacy.Telemetry.Attributes {
		names, fields = append(names, a.Name), append(fields, a.Field)
		if a.Name == "" || a.Field == "" || a.What == "" || a.Purpose == "" || a.Basis == "" || a.Transform == "" || a.Retention == "" {
			t.Errorf("%q leaves something unsaid: %+v", a.Name, a)
		}
	}
	// The policy's eight, in its words, the country where an edge supplies it, and how the platform did.
	want := []string{
		"node id", "application id", "anonymised client IP", "anonymised publisher IP",
		"message size", "topic name", "subscribers count", "timestamp", "country", "delivery time", "error code",
	}
	if !slices.Equal(names, want) {
		t.Errorf("attributes are %q, the policy says %q", names, want)
	}
	if slices.Sort(fields); len(slices.Compact(fields)) != len(names) {
		t.Errorf("two attributes share a field: %q", fields)
	}
}

func TestTheManifestCanBePublished(t *testing.T) {
	data, err := json.Marshal(privacy.Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	var published struct {
		Version    int
		Attributes []map[string]any
	}
	if err := json.Unmarshal(data, &published); err != nil || published.Version < 1 || len(published.Attributes) != 11 {
		t.Fatalf("%s, %v", data, err)
	}
	for _, key := range []string{"name", "field", "what", "purpose", "legalBasis", "transform", "retention", "personal"} {
		if _, ok := published.Attributes[0][key]; !ok {
			t.Errorf("%q is not published", key)
		}
	}
}

type event struct {
	Node        string                `json:"node"`
	App         string                `json:"app"`
	ClientIP    privacy.Anonymised    `json:"clientIp,omitzero"`
	PublisherIP *privacy.Anonymised   `json:"publisherIp"`
	Size        int                   `json:"size"`
	Topic       privacy.RecordedTopic `json:"topic"`
	Subscribers uint32                `json:"subscribers"`
	At          time.Time             `json:"at"`
}

func TestATypeMayHoldWhatTheManifestLists(t *testing.T) {
	for _, v := range []any{event{}, &event{}, struct{ event }{}, struct {
		event
		Country string `json:"country"`
	}{}, struct{}{}} {
		if err := privacy.CheckType(reflect.TypeOf(v), privacy.Telemetry); err != nil {
			t.Error(err)
		}
	}
}

func TestATypeMayHoldNothingElse(t *testing.T) {
	for name, v := range map[string]any{
		"no struct":               "",
		"an attribute of its own": struct{ UserAgent string }{},
		"a name in other case":    struct{ Node string }{},
		"hidden from JSON": struct {
			Node string `json:"-"`
		}{},
		"unexported": struct{ agent string }{},
		"one level below": struct {
			event
			Extra string `json:"extra"`
		}{},
		"embedded": struct{ privacy.Addr }{},
		"a raw address": struct {
			IP privacy.Addr `json:"clientIp"`
		}{},
		"an address of another type": struct {
			IP netip.Addr `json:"clientIp"`
		}{},
		"an address as text": struct {
			IP string `json:"publisherIp"`
		}{},
		"a topic that was not recorded": struct {
			Topic string `json:"topic"`
		}{},
		"anything": struct {
			Node any `json:"node"`
		}{},
		"bytes": struct {
			Node []byte `json:"node"`
		}{},
		"a struct as a value": struct {
			Node struct{ UserAgent string } `json:"node"`
		}{},
		"a map": struct {
			Size map[string]int `json:"size"`
		}{},
		"an anonymised address under another name": struct {
			Node privacy.Anonymised `json:"node"`
		}{},
		"two pointers": struct {
			IP **privacy.Anonymised `json:"clientIp"`
		}{},
	} {
		if err := privacy.CheckType(reflect.TypeOf(v), privacy.Telemetry); err == nil {
			t.Errorf("%s passes", name)
		} else if name == "an attribute of its own" && !strings.Contains(err.Error(), "UserAgent") {
			t.Errorf("the error does not name the field: %v", err)
		}
	}
}
