package ledger_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
)

var begin = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// chain returns entries of every sort, one after the other.
func chain(t *testing.T) []ledger.Entry {
	t.Helper()
	var all []ledger.Entry
	var last ledger.Entry
	for n := range 4 {
		for _, kind := range []ledger.Kind{ledger.Download, ledger.Deletion} {
			for _, stage := range []ledger.Stage{ledger.Requested, ledger.Completed} {
				e := ledgertest.Entry(2*n+len(kind)%2, kind, stage, begin.Add(time.Duration(n)*time.Hour))
				next, err := ledger.Follow(last, e)
				if err != nil {
					t.Fatal(err)
				}
				all, last = append(all, next), next
			}
		}
	}
	return all
}

func TestAChainVerifiesFromAnyEntryOn(t *testing.T) {
	all := chain(t)
	for i := range all {
		for j := i; j <= len(all); j++ {
			if err := ledger.Verify(all[i:j]); err != nil {
				t.Errorf("%d to %d: %v", i, j, err)
			}
		}
	}
}

func TestAChainVerifiesAfterItWasStoredAsJSON(t *testing.T) {
	text, err := json.MarshalIndent(chain(t), "", "  ") // which writes the certificates in another form, too
	if err != nil {
		t.Fatal(err)
	}
	var again []ledger.Entry
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Verify(again); err != nil {
		t.Error(err)
	}
}

// Each field of each entry, also of one whose hash was made anew.
func TestAnyChangedFieldIsSeen(t *testing.T) {
	change := map[string]func(*ledger.Entry){
		"Seq":     func(e *ledger.Entry) { e.Seq++ },
		"At":      func(e *ledger.Entry) { e.At = e.At.Add(time.Millisecond) },
		"Request": func(e *ledger.Entry) { e.Request = ledgertest.Request(99) },
		"Who":     func(e *ledger.Entry) { e.Who = strings.Repeat("66", 32) },
		"Kind": func(e *ledger.Entry) {
			e.Kind = map[ledger.Kind]ledger.Kind{ledger.Download: ledger.Deletion, ledger.Deletion: ledger.Download}[e.Kind]
		},
		"Stage":       func(e *ledger.Entry) { e.Stage = ledger.Failed },
		"Certificate": func(e *ledger.Entry) { e.Certificate = json.RawMessage(`{}`) },
		"Before":      func(e *ledger.Entry) { e.Before = strings.Repeat("66", 32) },
		"Hash":        func(e *ledger.Entry) { e.Hash = strings.Repeat("66", 32) },
	}
	fields := reflect.TypeFor[ledger.Entry]()
	for field := range fields.Fields() {
		for i := range chain(t) {
			all := chain(t)
			change[field.Name](&all[i])
			want := all[i].Seq
			var b *ledger.Broken
			if err := ledger.Verify(all); !errors.As(err, &b) || b.Seq != want {
				t.Errorf("%s of entry %d was changed: %v", field.Name, i+1, err)
			}
		}
	}
}

// Whoever can write the store can make hashes, too: what he cannot do is make
// the entries after it fit, as long as one of them is known elsewhere.
func TestAChangedEntryWithAFreshHashIsSeenByTheNext(t *testing.T) {
	for i := range len(chain(t)) - 1 {
		all := chain(t)
		var before ledger.Entry
		if i > 0 {
			before = all[i-1]
		}
		forged := all[i]
		forged.Who = strings.Repeat("66", 32)
		forged, err := ledger.Follow(before, forged)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = forged
		var b *ledger.Broken
		if err := ledger.Verify(all); !errors.As(err, &b) || b.Seq != forged.Seq+1 {
			t.Errorf("entry %d was forged: %v", i+1, err)
		}
	}
}

func TestARemovedMovedOrRepeatedEntryIsSeen(t *testing.T) {
	whole := chain(t)
	for i := range len(whole) {
		if i > 0 && i < len(whole)-1 {
			if err := ledger.Verify(slices.Delete(slices.Clone(whole), i, i+1)); err == nil {
				t.Errorf("entry %d is missing, and nobody says so", i+1)
			}
		}
		if err := ledger.Verify(slices.Insert(slices.Clone(whole), i, whole[i])); err == nil {
			t.Errorf("entry %d is there twice, and nobody says so", i+1)
		}
		for j := range i {
			moved := slices.Clone(whole)
			moved[i], moved[j] = moved[j], moved[i]
			if err := ledger.Verify(moved); err == nil {
				t.Errorf("entries %d and %d have changed places, and nobody says so", i+1, j+1)
			}
		}
	}
}

func TestAnEndThatWasNotedDownIsMissed(t *testing.T) {
	var seen ledger.Chain
	whole := chain(t)
	for _, e := range whole {
		if err := seen.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	seq, hash := seen.Last()
	if last := whole[len(whole)-1]; seq != last.Seq || hash != last.Hash {
		t.Errorf("the last is %d %s", seq, hash)
	}
	var cut ledger.Chain
	for _, e := range whole[:len(whole)-1] {
		if err := cut.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if again, other := cut.Last(); again == seq || other == hash {
		t.Error("a ledger without its end looks like the whole")
	}
}

func TestAnEntryHoldsOnlyWhatIsNobodysName(t *testing.T) {
	good := ledgertest.Entry(1, ledger.Deletion, ledger.Completed, begin)
	for what, change := range map[string]func(*ledger.Entry){
		"an e-mail address for who":     func(e *ledger.Entry) { e.Who = "ann@example.com" },
		"an account's id for who":       func(e *ledger.Entry) { e.Who = strings.Repeat("5a", 16) },
		"upper case":                    func(e *ledger.Entry) { e.Who = strings.Repeat("5A", 32) },
		"no request":                    func(e *ledger.Entry) { e.Request = "" },
		"a request that is a name":      func(e *ledger.Entry) { e.Request = "please delete my account, signed A" },
		"another kind":                  func(e *ledger.Entry) { e.Kind = "complaint" },
		"no kind":                       func(e *ledger.Entry) { e.Kind = "" },
		"another stage":                 func(e *ledger.Entry) { e.Stage = "because Ann asked" },
		"no stage":                      func(e *ledger.Entry) { e.Stage = "" },
		"a certificate of a download":   func(e *ledger.Entry) { e.Kind = ledger.Download },
		"a certificate of a request":    func(e *ledger.Entry) { e.Stage = ledger.Requested },
		"a certificate that is no JSON": func(e *ledger.Entry) { e.Certificate = json.RawMessage(`{`) },
		"a certificate without end": func(e *ledger.Entry) {
			e.Certificate = json.RawMessage(`"` + strings.Repeat("a", ledger.MaxCertificate) + `"`)
		},
	} {
		e := good
		change(&e)
		if got, err := ledger.Follow(ledger.Entry{}, e); err == nil {
			t.Errorf("%s: became %+v", what, got)
		}
	}
	if _, err := ledger.Follow(ledger.Entry{}, good); err != nil {
		t.Error(err)
	}
}

// What an entry may hold, and why it is no personal data.
var allowed = map[string]string{
	"Seq":         "a number",
	"At":          "when the ledger heard of it",
	"Request":     "random",
	"Who":         "a hash with a key that never leaves the deployment; of an account's id, which is random itself",
	"Kind":        "one of two words",
	"Stage":       "one of three words",
	"Certificate": "what package rights allows in one, which a test there walks",
	"Before":      "a hash of such an entry",
	"Hash":        "a hash of such an entry",
}

func TestAnEntryHasNoOtherFields(t *testing.T) {
	fields := reflect.TypeFor[ledger.Entry]()
	if fields.NumField() != len(allowed) {
		t.Errorf("an entry has %d fields, and %d are allowed", fields.NumField(), len(allowed))
	}
	for field := range fields.Fields() {
		if allowed[field.Name] == "" {
			t.Errorf("%s is not allowed: say here why it is no personal data", field.Name)
		}
	}
}

func TestALedgerCanOnlyGrow(t *testing.T) {
	var methods []string
	port := reflect.TypeFor[ledger.Ledger]()
	for method := range port.Methods() {
		methods = append(methods, method.Name)
	}
	if want := []string{"Append", "Entries", "Of"}; !slices.Equal(methods, want) {
		t.Errorf("a ledger has %v, want %v: nothing in it is changed or removed through any API", methods, want)
	}
}
