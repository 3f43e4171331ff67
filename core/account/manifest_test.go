package account

import (
	"reflect"
	"testing"

	"tacet/core/privacy/privacytest"
)

type inside = map[string]reflect.Type

// A test in folder infra asks for types that are read here and not named below.
func TestWhatIsKeptOfAnAccountIsWhatTheManifestLists(t *testing.T) {
	text := reflect.TypeFor[string]()
	privacytest.Class(t, "account", privacytest.Form{Of: reflect.TypeFor[accountRecord](), Inside: inside{"profile": reflect.TypeFor[Profile]()}})
	privacytest.Class(t, "account figures", privacytest.Form{Of: reflect.TypeFor[tallyRecord]()})
	privacytest.Class(t, "payment details", privacytest.Form{Of: reflect.TypeFor[paymentRecord](), Inside: inside{"payment": reflect.TypeFor[Payment]()}})
	privacytest.Class(t, "member", privacytest.Form{Of: reflect.TypeFor[memberRecord](), Inside: inside{"email": text}})
	privacytest.Class(t, "membership lookup", privacytest.Form{Of: reflect.TypeFor[personRecord]()})
	privacytest.Class(t, "invitation", privacytest.Form{Of: reflect.TypeFor[invitationRecord](), Inside: inside{"email": text}})
	privacytest.Class(t, "invitation lookup", privacytest.Form{Of: reflect.TypeFor[struct{}]()})
	privacytest.Class(t, "access token", privacytest.Form{Of: reflect.TypeFor[tokenRecord](), Inside: inside{"name": text}})
	privacytest.Class(t, "token lookup", privacytest.Form{Of: reflect.TypeFor[secretRecord]()})
	privacytest.Class(t, "activity", privacytest.Form{Of: reflect.TypeFor[entryRecord](), Inside: inside{"entry": reflect.TypeFor[Entry]()}})
	privacytest.Class(t, "idempotency", privacytest.Form{Of: reflect.TypeFor[onceRecord]()})
	privacytest.Class(t, "application", privacytest.Form{Of: reflect.TypeFor[appRecord](), Inside: inside{"name": text}})
	privacytest.Class(t, "key facts", privacytest.Form{Of: reflect.TypeFor[keysRecord](), Inside: inside{"keys": reflect.TypeFor[[]heldKey]()}})
}
