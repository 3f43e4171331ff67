package embedded

import (
	"reflect"
	"testing"

	"tacet/core/privacy/privacytest"
)

func TestABackupSaysOfItselfWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "backup",
		privacytest.Form{Of: reflect.TypeFor[BackupHeader]()}, privacytest.Form{Of: reflect.TypeFor[backupTrailer]()})
	privacytest.Class(t, "late mark") // it is a key
}
