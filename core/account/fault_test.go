package account_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/fault/faulttest"
)

// Each call that a verb makes fails, without and with effect, alone and as the
// last one of a process that dies. Nothing is broken then, and doing it again
// ends well.
func TestWhateverFailsNothingIsBroken(t *testing.T) {
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			calls := a.count(t)
			if len(calls) == 0 && a.name != "SignIn" {
				t.Fatal("the verb calls nothing")
			}
			for i, call := range calls {
				for _, how := range faulttest.Ways {
					for _, dies := range []bool{false, true} {
						what := fmt.Sprintf("%s: call %d, %s, %s, dies: %v", a.name, i+1, call, how, dies)
						if !a.fails(t, i+1, call, how, dies) {
							t.Fatal(what)
						}
					}
				}
			}
		})
	}
}

// count returns the calls of the verb when nothing fails.
func (a act) count(t *testing.T) []string {
	s := newStage(t)
	do := a.begin(t, s)
	s.faults.Fail(0, 0)
	s.must(do())
	calls := s.faults.Stop()
	s.sound()
	s.secret()
	if a.after != nil {
		a.after(t, s)
	}
	return calls
}

// fails lets one call fail, and reports whether all is well.
func (a act) fails(t *testing.T, nth int, call string, how faulttest.How, dies bool) bool {
	s := newStage(t)
	do := a.begin(t, s)
	if dies {
		s.faults.Crash(nth, how)
	} else {
		s.faults.Fail(nth, how)
	}
	err := do()
	s.faults.Stop()
	if afterwards(call) {
		s.must(err)
	} else {
		s.want(fault.Unavailable, err)
	}
	s.sound()
	if err := do(); err != nil && !slices.Contains(a.again, fault.KindOf(err)) {
		t.Errorf("again: %v", err)
	}
	s.sound()
	s.secret()
	if a.after != nil {
		a.after(t, s)
	}
	return !t.Failed()
}

// afterwards reports whether a call comes when a verb is done, and its rest is
// left as a job.
func afterwards(call string) bool { return call == "Begin" || call == "Disconnect" }

// markers is everything that somebody types on the stage, or that people could
// be found by.
var markers = []string{
	name, "Olga Owner", "50-64", "private.example", "cus_OlgaOwner", "Visa", "Mastercard", "4242", "2030-01", "laptop of", "one of many",
	"olga@", "adam@", "dora@", "bill@", "vera@", "ivy@", "Ivy@", "carl@", "nora@", "example.org", "issuer.example", "4a6c-key", "203.0.113",
	"tacet_t_", "tacet_s_", "shop of Olga", "another shop", there, "a second secret",
}

// secret makes sure that nothing of that lies anywhere in clear, nor in an
// encoding of it.
func (w *world) secret() {
	w.Helper()
	for _, r := range w.memory.Raw() {
		text := readable(r.Key.String(), r.Value)
		for _, m := range markers {
			if strings.Contains(text, m) {
				w.Errorf("%s holds %q in clear: %s", r.Key, m, r.Value)
			}
		}
	}
}

// readable returns all that can be read in a record by who knows no key: the
// key, the value, and whatever of it is text in base64 or in hex.
func readable(key string, value []byte) string {
	var text strings.Builder
	text.WriteString(key + "\n" + string(value))
	pending := [][]byte{value}
	for len(pending) > 0 {
		words := bytes.FieldsFunc(pending[0], func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_", r)
		})
		pending = pending[1:]
		for _, word := range words {
			if len(word) < 6 { // of less nothing comes that could be recognised
				continue
			}
			for _, decode := range []func(string) ([]byte, error){
				base64.StdEncoding.DecodeString, base64.URLEncoding.DecodeString,
				base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, hex.DecodeString,
			} {
				if plain, err := decode(string(word)); err == nil {
					text.WriteString("\n" + string(plain))
					pending = append(pending, plain)
				}
			}
		}
	}
	return text.String()
}

// The search finds what it is for.
func TestWhatIsPlantedIsFound(t *testing.T) {
	plain, _ := json.Marshal(map[string]string{"name": name})
	for _, value := range []string{
		string(plain), base64.StdEncoding.EncodeToString(plain), base64.RawURLEncoding.EncodeToString(plain), hex.EncodeToString(plain),
		`{"a":"` + base64.StdEncoding.EncodeToString([]byte(`{"b":"`+base64.StdEncoding.EncodeToString(plain)+`"}`)) + `"}`,
	} {
		if !strings.Contains(readable("", []byte(value)), name) {
			t.Errorf("%s is not found in %s", name, value)
		}
	}
	if !strings.Contains(readable("o#1#"+name, nil), name) {
		t.Error("it is not found in a key")
	}
}
