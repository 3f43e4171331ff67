package rights_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tacet/core/canonical"
	"tacet/core/rights"
)

// certified returns the text of a certificate, and the fingerprint of its key.
func certified(t *testing.T) (text []byte, fingerprint string) {
	t.Helper()
	w := newWorld(t)
	request, err := w.found("ann").delete()
	w.must(err)
	w.work()
	s, err := w.Status(t.Context(), string(request))
	w.must(err)
	key, err := w.CertificateKey(t.Context())
	w.must(err)
	return s.Certificate, rights.Fingerprint(key)
}

func TestACertificateVerifiesInAnyForm(t *testing.T) {
	text, fingerprint := certified(t)
	if again, err := canonical.JSON(json.RawMessage(text)); err != nil || !bytes.Equal(again, text) {
		t.Errorf("it is not canonical (%v):\n%s", err, text)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	for _, form := range [][]byte{text, indented.Bytes(), append(text, '\n')} {
		if c, err := rights.Verify(form, fingerprint); err != nil || len(c.Stores) != 4 {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// What is signed is what the comment says, checked without our code.
func TestACertificateCanBeVerifiedByAnybodysProgram(t *testing.T) {
	text, _ := certified(t)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	var signature, key []byte
	json.Unmarshal(fields["signature"], &signature)
	json.Unmarshal(fields["publicKey"], &key)
	i := bytes.Index(text, []byte(`"signature":`))
	end := i + bytes.IndexByte(text[i:], ',') + 1
	if signed := slices.Concat(text[:i], text[end:]); !ed25519.Verify(key, signed, signature) {
		t.Errorf("the signature is not of %s", signed)
	}
}

// Every value in it, one after the other; and every field taken out.
func TestAnyChangedFieldOfACertificateIsSeen(t *testing.T) {
	text, fingerprint := certified(t)
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	changed := 0
	try := func(where string) {
		t.Helper()
		changed++
		forged, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := rights.Verify(forged, fingerprint); err == nil {
			t.Errorf("%s was changed, and it is %+v", where, c)
		}
	}
	var walk func(where string, v any, set func(any))
	walk = func(where string, v any, set func(any)) {
		switch v := v.(type) {
		case string:
			set(mangled(v))
		case float64:
			set(v + 1)
		case []any:
			set(append(slices.Clone(v), v[0]))
			try(where)
			set(v[1:])
			try(where)
			set(v)
			for i, one := range v {
				walk(where+"[]", one, func(n any) { v[i] = n })
			}
			return
		case map[string]any:
			for name, one := range v {
				walk(where+"."+name, one, func(n any) { v[name] = n })
				delete(v, name)
				try(where + "." + name + " (gone)")
				v[name] = one
			}
			return
		}
		try(where)
		set(v)
	}
	walk("", whole, nil)
	if changed < 30 {
		t.Errorf("only %d changes were tried", changed)
	}
	if _, err := rights.Verify(text, fingerprint); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// mangled returns another string that could stand there.
func mangled(s string) string {
	b := []byte(s)
	i := len(b) / 2
	for ; b[i] < '0' || b[i] > '8'; i-- {
		if i == 0 {
			b[0]++
			return string(b)
		}
	}
	b[i]++
	return string(b)
}

func TestWhatIsNoCertificateOfThisDeploymentIsRefused(t *testing.T) {
	text, fingerprint := certified(t)
	for name, forged := range map[string]string{
		"nothing":            "",
		"another document":   `{"version":1}`,
		"more in it":         strings.Replace(string(text), `{`, `{"note":"all went well",`, 1),
		"more behind it":     string(text) + `{}`,
		"a later version":    strings.Replace(string(text), `"version":1`, `"version":2`, 1),
		"a shorter key":      strings.Replace(string(text), `"publicKey":"`, `"publicKey":"AAAA","x":"`, 1),
		"without signature":  string(text[:bytes.Index(text, []byte(`"signature"`))]) + string(text[bytes.Index(text, []byte(`"started"`)):]),
		"an array of itself": `[` + string(text) + `]`,
	} {
		if c, err := rights.Verify([]byte(forged), fingerprint); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	// One that is whole, and signed by somebody else.
	var c rights.Certificate
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	other := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	c.PublicKey, c.Signature = other.Public().(ed25519.PublicKey), nil
	signed, err := canonical.JSON(c)
	if err != nil {
		t.Fatal(err)
	}
	c.Signature = ed25519.Sign(other, signed)
	forged, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rights.Verify(forged, fingerprint); err == nil {
		t.Error("anybody can make certificates")
	}
	if _, err := rights.Verify(forged, rights.Fingerprint(c.PublicKey)); err != nil {
		t.Errorf("the other one's own fingerprint: %v", err)
	}
}

// What a certificate may hold, and why it is no personal data: it lies in the
// ledger, which cannot be corrected.
var allowed = map[string]string{
	"Certificate.Version":   "a number",
	"Certificate.Request":   "a hash with a key that never leaves the deployment",
	"Certificate.Who":       "as in the ledger",
	"Certificate.Started":   "when it was asked for",
	"Certificate.Finished":  "when it was done",
	"Certificate.Stores":    "see below",
	"Certificate.Statement": "the same for everybody",
	"Certificate.PublicKey": "the deployment's",
	"Certificate.Signature": "of such a certificate",
	"Store.Name":            "one of four words",
	"Store.Removed":         "a number",
	"Store.At":              "when it was done",
}

func TestACertificateHasNoOtherFields(t *testing.T) {
	fields := 0
	for _, of := range []reflect.Type{reflect.TypeFor[rights.Certificate](), reflect.TypeFor[rights.Store]()} {
		for field := range of.Fields() {
			fields++
			if allowed[of.Name()+"."+field.Name] == "" {
				t.Errorf("%s.%s is not allowed: say here why it is no personal data", of.Name(), field.Name)
			}
		}
	}
	if fields != len(allowed) {
		t.Errorf("there are %d fields, and %d are allowed", fields, len(allowed))
	}
}

func TestACertificateSaysNothingThatIsNotSigned(t *testing.T) {
	text, fingerprint := certified(t)
	for _, added := range []string{`"statement":"Nothing was removed.",`, `"Statement":"Nothing was removed.",`, `"stores":[],`} {
		if c, err := rights.Verify([]byte("{"+added+string(text[1:])), fingerprint); err == nil {
			t.Errorf("with %s it is taken for %+v", added, c)
		}
	}
}
