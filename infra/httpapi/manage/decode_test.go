package manage_test

import (
	"strings"
	"testing"

	"tacet/core/fault"
	"tacet/core/wire"
	"tacet/infra/httpapi/manage"
)

func TestBodiesAreReadAsTheyStand(t *testing.T) {
	for _, body := range []string{
		`{"name":"a"}`,
		`{"name":"äöüß€","kind":"admin","form":"12","many":["a","b"],"count":9,"on":false,"at":"2030-01-31T12:00:00Z"}`,
		`{"name":"a","deep":{"name":"b"},"patch":null}`,
		`{"name":"a","patch":"x"}`,
	} {
		if got, err := manage.Decode(body); err != nil || got != body {
			t.Errorf("%s: got %s, %v", body, got, err)
		}
	}
	if got, err := manage.Decode(" {\n\"name\" : \"\\u0061\" } \n"); err != nil || got != `{"name":"a"}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestNothingInABodyIsOverlooked(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{``, "the body must be a JSON object"},
		{`null`, "the body must be a JSON object"},
		{`[]`, "the body must be a JSON object"},
		{`"name"`, "the body must be a JSON object"},
		{`{"name":"a"`, "the body must be a JSON object"},
		{`{"name":"a",}`, "the body must be a JSON object"},
		{`{"name":"a"} {}`, "nothing after it"},
		{`{"name":"a"}x`, "nothing after it"},
		{`{}`, "name is missing"},
		{`{"Name":"a"}`, `"Name" is not known here; there are name, kind,`},
		{`{"name":"a","nam":1}`, `"nam" is not known here`},
		{`{"name":"a","` + strings.Repeat("x", 100) + `":1}`, `"` + strings.Repeat("x", 64) + `…" is not known here`},
		{`{"name":"a","name":"a"}`, "name occurs twice"},
		{`{"name":"a","deep":{"name":"b","x":1}}`, `"deep.x" is not known here`},
		{`{"name":"a","deep":{}}`, "deep.name is missing"},
		{`{"name":"a","deep":null}`, "deep must be an object"},
		{`{"name":"a","deep":"x"}`, "deep must be an object"},
		{`{"name":null}`, "name must be a string"},
		{`{"name":1}`, "name must be a string"},
		{`{"name":["a"]}`, "name must be a string"},
		{`{"name":{"a":1}}`, "name must be a string"},
		{`{"name":""}`, "name is too short"},
		{`{"name":"123456"}`, "name is longer than 5 characters"},
		{`{"name":"a","kind":"Client"}`, "kind must be one of client, admin"},
		{`{"name":"a","form":"x"}`, "form does not look like ^[0-9]*$"},
		{`{"name":"a","many":"x"}`, "many must be an array"},
		{`{"name":"a","many":[1]}`, "many must be a string"},
		{`{"name":"a","many":[null]}`, "many must be a string"},
		{`{"name":"a","many":["a"`, "the body must be a JSON object"},
		{`{"name":"a","count":1.5}`, "count must be a whole number"},
		{`{"name":"a","count":"1"}`, "count must be a whole number"},
		{`{"name":"a","count":10}`, "count must be 0 to 9"},
		{`{"name":"a","count":-1}`, "count must be 0 to 9"},
		{`{"name":"a","count":1e400}`, "count must be a whole number"},
		{`{"name":"a","on":0}`, "on must be true or false"},
		{`{"name":"a","on":null}`, "on must be true or false"},
		{`{"name":"a","at":"yesterday"}`, "at must be a time such as"},
		{`{"name":"a","at":{}}`, "at must be a time such as"},
		{`{"name":"a","patch":1}`, "patch must be a string"},
		{strings.Repeat(`{"name":"a","deep":`, 17) + `{"name":"a"}` + strings.Repeat("}", 17), "nested more than 16 levels deep"},
	} {
		got, err := manage.Decode(c.body)
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Public(err).Text, c.want) {
			t.Errorf("%s: got %s, %v; want %q", c.body, got, err, c.want)
		}
	}
	_, err := manage.Decode(strings.Repeat(`{"name":"a","deep":`, 17) + `{"name":"a"}` + strings.Repeat("}", 17))
	if wire.CodeOf(fault.Public(err)) != wire.CodeTooDeep {
		t.Errorf("%v has the number %d", err, wire.CodeOf(fault.Public(err)))
	}
}

func FuzzWhatIsReadIsReadAgain(f *testing.F) {
	f.Add(`{"name":"a","deep":{"name":"b"},"patch":null,"at":"2030-01-31T12:00:00Z"}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, err := manage.Decode(body)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if again, err := manage.Decode(got); err != nil || again != got {
			t.Fatalf("%q became %s, and that %s, %v", body, got, again, err)
		}
	})
}
