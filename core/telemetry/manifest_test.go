package telemetry_test

import (
	"reflect"
	"testing"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/telemetry"
)

// The published policy lists what is remembered. A field that it lacks would
// break a promise, so this fails before one does.
func TestAnEventHoldsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "event", privacytest.Form{Of: reflect.TypeFor[telemetry.Event]()}, expires)

	type smuggler struct {
		telemetry.Event
		UserAgent string `json:"userAgent"`
	}
	if privacytest.Problems(privacy.Telemetry, "event", privacytest.Form{Of: reflect.TypeFor[smuggler]()}, expires) == nil {
		t.Error("a field of another name was let through")
	}
}

// expires is what a Record has besides its event.
var expires = privacytest.Form{Of: reflect.TypeFor[telemetry.Record](), Lower: true, Unsaid: []string{"Event"}}

// A rollup is looked into but for what its parts are made of, which is numbers:
// these may be packed otherwise without telling more.
func TestARollupHoldsWhatTheManifestLists(t *testing.T) {
	crowd := map[reflect.Type]privacy.Transform{reflect.TypeFor[telemetry.Crowd](): privacy.Hashed}
	privacytest.Class(t, "rollup",
		privacytest.Form{
			Of: reflect.TypeFor[telemetry.Rollup](), Lower: true,
			Leaves: map[reflect.Type]privacy.Transform{
				reflect.TypeFor[telemetry.Distinct]():  privacy.Sketched,
				reflect.TypeFor[telemetry.Histogram](): privacy.Sketched,
			},
			Unsaid: []string{"Topics", "Countries"},
		},
		privacytest.Form{Of: reflect.TypeFor[telemetry.Topic](), At: "topics", Lower: true, Leaves: crowd},
		privacytest.Form{Of: reflect.TypeFor[telemetry.Group](), At: "countries", Lower: true, Leaves: crowd},
	)
}
