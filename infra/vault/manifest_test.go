package vault

import (
	"reflect"
	"testing"

	"tacet/core/privacy/privacytest"
)

func TestADataKeyIsKeptAsTheManifestSays(t *testing.T) {
	privacytest.Class(t, "data key", privacytest.Form{Of: reflect.TypeFor[wrapped]()})
}
