package rights_test

import (
	"reflect"
	"testing"

	"tacet/core/ledger"
	"tacet/core/privacy/privacytest"
	"tacet/core/rights"
)

func TestWhatIsKeptOfARequestIsWhatTheManifestLists(t *testing.T) {
	privacytest.Class(t, "download", privacytest.Form{Of: reflect.TypeFor[rights.Export]()})
	privacytest.Class(t, "ledger", privacytest.Form{
		Of: reflect.TypeFor[ledger.Entry](), Inside: map[string]reflect.Type{"certificate": reflect.TypeFor[rights.Certificate]()},
		Opaque: []string{"certificate.publicKey", "certificate.signature"},
	})
}
