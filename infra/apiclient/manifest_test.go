package apiclient_test

import (
	"reflect"
	"testing"

	"tacet/core/privacy/privacytest"
	"tacet/infra/apiclient"
)

func TestASessionIsKeptAsTheManifestSays(t *testing.T) {
	privacytest.Class(t, "session of a command", privacytest.Form{Of: reflect.TypeFor[apiclient.Session]()})
}
