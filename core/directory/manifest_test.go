package directory_test

import (
	"reflect"
	"testing"

	"tacet/core/directory"
	"tacet/core/privacy/privacytest"
)

func TestARecordHoldsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "record", privacytest.Form{Of: reflect.TypeFor[directory.Record](), Lower: true})
}
