package matrixtest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tacet/core/account"
)

// Test tries everything, and returns the table as it turned out, in the form of
// matrix.txt.
func Test(t *testing.T, h Host) string {
	want, err := parse(matrix)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, h)
	got := head + heading()
	known := map[string]bool{}
	for _, o := range h.operations(t) {
		known[o.name()] = true
		got += "\n" + o.name() + "\n"
		t.Run(o.name(), func(t *testing.T) {
			w.t = t
			got += w.try(t, o, want[o.name()])
		})
	}
	for route := range want {
		if !known[route] {
			t.Errorf("%s is in the table, and the OpenAPI document does not have it", route)
		}
	}
	return got
}

// try tries one operation.
func (w *world) try(t *testing.T, o operation, want map[string]map[string]string) (lines string) {
	if want == nil {
		t.Error("the OpenAPI document has this route, and the table does not")
	}
	answers := map[string]map[string]answer{}
	for _, r := range rowsOf(o) {
		answers[r.name] = map[string]answer{}
		statuses := map[string]string{}
		for _, caller := range callers {
			a := w.ask(t, o, r, caller)
			answers[r.name][caller] = a
			statuses[caller] = strconv.Itoa(a.status)
			expected := want[r.name][caller]
			if slices.Contains(strings.Split(expected, "|"), statuses[caller]) {
				statuses[caller] = expected
			} else if want != nil {
				t.Errorf("%s, for %s: got %d, want %s: %.300s", r.name, caller, a.status, expected, a.body)
			}
			if r.twin == "" {
				continue
			}
			if other := answers[r.twin][caller]; other.same() != a.same() {
				t.Errorf("%s can tell %q from %q:\n%s\n%s", caller, r.twin, r.name, other.same(), a.same())
			}
		}
		lines += writeRow(r.name, statuses)
	}
	w.strangers(t, answers)
	o.told(t, answers["own"])
	for name := range want {
		if answers[name] == nil {
			t.Errorf("the table has a row %q, and nothing is tried there", name)
		}
	}
	return lines
}

// told checks that who is forbidden what is his own is who the document says has
// not the permission, and the other way round.
func (o operation) told(t *testing.T, own map[string]answer) {
	if o.needs == "" {
		return
	}
	for _, r := range account.Roles {
		if allowed := own[string(r)].status != http.StatusForbidden; allowed != slices.Contains(o.roles, r) {
			t.Errorf("the document says of %s that it is for %v, and the answer for %s is %d", o.needs, o.roles, r, own[string(r)].status)
		}
	}
	if allowed := own["token"].status != http.StatusForbidden; allowed != (o.needs == scope) {
		t.Errorf("the document says that %s is needed, and a token with %s gets %d", o.needs, scope, own["token"].status)
	}
}

// strangers checks that who is no member cannot tell the account from one that
// does not exist.
func (w *world) strangers(t *testing.T, answers map[string]map[string]answer) {
	absent, ok := answers["absent account"]
	if !ok {
		return
	}
	for name, row := range answers {
		for _, caller := range []string{"stranger", "operator"} {
			if row[caller].same() != absent[caller].same() {
				t.Errorf("the %s can tell %q from an absent account:\n%s\n%s", caller, name, row[caller].same(), absent[caller].same())
			}
		}
	}
}

// ask makes the request of one cell.
func (w *world) ask(t *testing.T, o operation, r row, caller string) answer {
	x := r.prepare(w, caller)
	q := request{
		method: o.method, path: fill(o.path, x.place) + queries[o.id],
		token: cmp.Or(x.token, w.tokens[caller]), body: cmp.Or(x.body, r.body, o.body),
	}
	if o.match {
		q.header = []string{"If-Match", "*"}
	}
	return w.do(t, q)
}
