package app_test

import (
	"reflect"
	"testing"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
)

func TestAnApplicationHoldsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "tenant", privacytest.Form{Of: reflect.TypeFor[app.App]()})
	privacytest.Class(t, "verification keys", privacytest.Form{
		Of: reflect.TypeFor[grant.Slots](), Sealed: true,
		Leaves: map[reflect.Type]privacy.Transform{reflect.TypeFor[grant.Secret](): privacy.Sealed},
	})
}
