package privacy_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
)

func TestTheManifestListsWhatThePolicyPromises(t *testing.T) {
	var names, fields []string
	for _, a := range privacy.Telemetry.Attributes {
		names, fields = append(names, a.Name), append(fields, a.Field)
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
		Classes    []struct {
			Name       string
			Attributes []map[string]any
		}
	}
	if err := json.Unmarshal(data, &published); err != nil || published.Version < 1 || len(published.Attributes) != 11 {
		t.Fatalf("%s, %v", data, err)
	}
	for _, key := range []string{"name", "field", "what", "purpose", "legalBasis", "transform", "retention", "personal"} {
		if _, ok := published.Attributes[0][key]; !ok {
			t.Errorf("%q is not published", key)
		}
		if _, ok := published.Classes[0].Attributes[0][key]; !ok {
			t.Errorf("%q is not published of a class", key)
		}
	}
}

// What telemetry holds is the same, whether it is read as the policy or by class.
func TestEventsAreTheAttributesOfThePolicy(t *testing.T) {
	events, ok := privacy.Telemetry.Class("event")
	if n := len(events.Attributes) - 1; !ok || !reflect.DeepEqual(events.Attributes[:n], privacy.Telemetry.Attributes) || events.Attributes[n].Field != "expires" {
		t.Errorf("the class has %+v", events.Attributes)
	}
}

func TestNothingIsLeftUnsaidAndNothingIsSaidTwice(t *testing.T) {
	classes := map[string]bool{}
	for _, c := range privacy.Telemetry.Classes {
		if c.Name == "" || c.What == "" || c.Machine == "" || c.Retention == "" || len(c.Attributes) == 0 || classes[c.Name] {
			t.Errorf("the class %q leaves something unsaid, or is there twice", c.Name)
		}
		classes[c.Name] = true
		fields := map[string]bool{}
		for _, a := range c.Attributes {
			if a.Name == "" || a.Field == "" || a.What == "" || a.Purpose == "" || a.Basis == "" || a.Transform == "" || a.Retention == "" || fields[a.Field] {
				t.Errorf("%s: %q leaves something unsaid, or is there twice: %+v", c.Name, a.Field, a)
			}
			fields[a.Field] = true
			if a.Personal && a.Transform == privacy.AsIs && a.Name != "country" && c.Machine != "memory" {
				t.Errorf("%s: %q is personal, and stored as it is", c.Name, a.Field)
			}
		}
	}
	if _, ok := privacy.Telemetry.Class("no such class"); ok {
		t.Error("there is a class that is not there")
	}
}

func TestADaysSecretIsAllThatIsKeptOfIt(t *testing.T) {
	privacytest.Class(t, "day secret", privacytest.Form{Of: reflect.TypeFor[privacy.Secret](), At: "secret"})
}
