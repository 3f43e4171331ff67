package pubsub_test

import (
	"reflect"
	"testing"

	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/pubsub"
)

func TestAConnectionHoldsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "connection", privacytest.Form{
		Of: reflect.TypeFor[pubsub.Connection](), Lower: true,
		// They are stored as the list that the token had.
		Leaves: map[reflect.Type]privacy.Transform{reflect.TypeFor[grant.Grants](): privacy.AsIs},
	})
	privacytest.Class(t, "subscription") // a store keeps keys, and nothing in them
}
