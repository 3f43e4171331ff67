package site

import (
	"reflect"
	"testing"

	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
)

func TestTheFilesOfAFolderHoldWhatTheManifestLists(t *testing.T) {
	secret := map[reflect.Type]privacy.Transform{reflect.TypeFor[grant.Secret](): privacy.Protected}
	privacytest.Class(t, "development application",
		privacytest.Form{Of: reflect.TypeFor[Development](), Leaves: secret},
		privacytest.Form{Of: reflect.TypeFor[Running](), Leaves: secret, Opaque: []string{"certificate"}, Unsaid: []string{"Link"}})
}
