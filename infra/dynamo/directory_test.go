package dynamo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/infra/dynamo"
)

func TestTheDirectoryKeepsTheContract(t *testing.T) {
	directorytest.Test(t, func(t *testing.T, now func() time.Time) directory.Directory {
		return dynamo.NewDirectory(client(local.Endpoint, nil), table(t, "directory"), now)
	})
}

var drawer = directory.Part{Kind: 'o', ID: "11111111111111111111111111111111"}

func in(name string) directory.Key { return directory.Key{Part: drawer, Name: name} }

func now() time.Time { return time.Date(2100, 3, 14, 12, 0, 0, 0, time.UTC) }

// What a role must be allowed for it stands behind each operation.
func TestADirectoryAnswersByOneRequest(t *testing.T) {
	m := new(meter)
	d := dynamo.NewDirectory(client(local.Endpoint, m.called), table(t, "directory"), now)
	ctx := t.Context()
	apply := func(changes ...directory.Change) func() {
		return func() { _, err := d.Apply(ctx, changes...); must(t, err) }
	}
	r := directory.Record{Key: in("a")}
	var many []directory.Change
	for i := range directory.MaxChanges {
		many = append(many, directory.Put(in(fmt.Sprint("many/", i)), []byte("x"), time.Time{}, directory.IfAbsent))
	}
	for _, c := range []struct {
		name, want string
		do         func()
	}{
		{"put", "TransactWriteItems:PutItem", apply(directory.Put(in("a"), nil, time.Time{}, directory.IfAbsent))},
		{"get", "GetItem:GetItem", func() { var err error; r, err = d.Get(ctx, r.Key); must(t, err) }},
		{"replace", "TransactWriteItems:PutItem", func() { _, err := d.Apply(ctx, directory.Replace(r, []byte("2"))); must(t, err) }},
		{"remove", "TransactWriteItems:DeleteItem", apply(directory.Delete(in("a"), directory.IfPresent))},
		{"check", "TransactWriteItems:ConditionCheckItem", apply(directory.Check(in("a"), directory.IfAbsent))},
		{"check nothing", "", apply(directory.Check(in("a"), directory.Always))},
		{"as many as are allowed", "TransactWriteItems:PutItem", apply(many...)},
		{"of each sort", "TransactWriteItems:ConditionCheckItem+DeleteItem+PutItem", apply(
			directory.Put(in("b"), nil, time.Time{}, directory.Always), directory.Delete(in("c"), directory.Always), directory.Check(in("d"), directory.IfAbsent))},
		{"list", "Query:Query", func() { _, _, err := d.List(ctx, drawer, "many/", "", directory.MaxPage); must(t, err) }},
		{"list nothing", "", func() { _, _, err := d.List(ctx, drawer, "many/", "n", 1); must(t, err) }},
		{"get what is malformed", "", func() { _, _ = d.Get(ctx, in("")) }},
	} {
		var got []string
		for _, call := range m.during(c.do) {
			got = append(got, call.Operation+":"+strings.Join(call.Actions, "+"))
			if !strings.HasPrefix(call.Table, "directory-") {
				t.Errorf("%s: a call of the table %q", c.name, call.Table)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// feats are what Apply can be asked for when the record that is called so is
// there. Each says whether it is there afterwards.
var feats = []struct {
	name string
	do   func(r directory.Record) []directory.Change
	left bool
}{
	{"put", func(r directory.Record) []directory.Change {
		return []directory.Change{directory.Put(r.Key, []byte("new"), time.Time{}, directory.Always)}
	}, true},
	{"replace", func(r directory.Record) []directory.Change {
		return []directory.Change{directory.Replace(r, []byte("new"))}
	}, true},
	{"replace what is there", func(r directory.Record) []directory.Change {
		return []directory.Change{directory.Put(r.Key, []byte("new"), time.Time{}, directory.IfPresent)}
	}, true},
	{"remove", func(r directory.Record) []directory.Change { return []directory.Change{directory.Remove(r)} }, false},
	{"take", func(r directory.Record) []directory.Change {
		return []directory.Change{directory.Delete(r.Key, directory.IfPresent)}
	}, false},
	{"change several", func(r directory.Record) []directory.Change {
		beside := in(r.Name + "/beside")
		return []directory.Change{directory.Remove(r), directory.Put(beside, []byte("new"), time.Time{}, directory.IfAbsent), directory.Check(in("x"), directory.IfAbsent)}
	}, false},
}

// An Apply finds no conflict with itself: what failed and happened happens once
// and is a success, also of what leaves nothing behind to be recognised by.
func TestADirectoryDoesNotMistakeItsOwnWrites(t *testing.T) {
	p := newProxy(t)
	d := dynamo.NewDirectory(client(p.URL, nil), table(t, "directory"), now)
	for _, f := range feats {
		for _, what := range []trouble{throttled, conflicting, refused, lost, broken} {
			name := strings.ReplaceAll(f.name+"/"+string(what), " ", "-")
			name = strings.ReplaceAll(name, ",", "")
			r := present(t, d, in(name))
			p.strike(1, what)
			v, err := d.Apply(t.Context(), f.do(r)...)
			if requests, struck := p.stop(); err != nil || struck != 1 || len(requests) != 2 {
				t.Errorf("%s: %v, by %v of which %d were struck", name, err, requests, struck)
			}
			wantLeft(t, d, name, r, f.left, v)
		}
	}
}

func present(t *testing.T, d *dynamo.Directory, k directory.Key) directory.Record {
	t.Helper()
	_, err := d.Apply(t.Context(), directory.Put(k, []byte("old"), time.Time{}, directory.IfAbsent))
	must(t, err)
	r, err := d.Get(t.Context(), k)
	must(t, err)
	return r
}

// wantLeft looks for what a feat leaves: the record, or nothing.
func wantLeft(t *testing.T, d *dynamo.Directory, name string, r directory.Record, left bool, v directory.Version) {
	t.Helper()
	got, err := d.Get(t.Context(), r.Key)
	if left {
		must(t, err)
		if string(got.Value) != "new" || v != "" && got.Version != v || got.Version == r.Version {
			t.Errorf("%s: it is %q of version %q, want the new one, of version %q", name, got.Value, got.Version, v)
		}
	} else if !errors.Is(err, directory.ErrAbsent) {
		t.Errorf("%s: it is %v, %v, want it gone", name, got, err)
	}
}

// When nobody knows what happened the caller is told so, not that there was a
// conflict; and who repeats it finds out.
func TestADirectoryThatCannotTellSaysSo(t *testing.T) {
	name := table(t, "directory")
	for _, f := range feats {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t)
			d := dynamo.NewDirectory(client(p.URL, nil), name, now)
			r := present(t, d, in(strings.ReplaceAll(f.name, " ", "-")))
			p.strike(-1, broken)
			_, err := d.Apply(t.Context(), f.do(r)...)
			p.stop()
			if err == nil || errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrAbsent) || strings.Contains(err.Error(), r.Name) || strings.Contains(err.Error(), drawer.ID) {
				t.Errorf("got %v", err)
			}
			wantLeft(t, d, f.name, r, f.left, "")
			if _, err := d.Apply(t.Context(), f.do(r)...); err != nil && !errors.Is(err, directory.ErrConflict) {
				t.Errorf("repeated: %v", err)
			}
		})
	}
}

// DynamoDB Local knows no other reads than consistent ones, so what is asked for
// is looked at.
func TestADirectoryReadsConsistentlyUnlessItIsRelaxed(t *testing.T) {
	var asked []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	strict := dynamo.NewDirectory(client(s.URL, nil), "T", now)
	for d, want := range map[*dynamo.Directory]string{strict: `"ConsistentRead":true`, strict.Relaxed(): `"ConsistentRead":false`} {
		for what, read := range map[string]func() error{
			"get":  func() error { _, err := d.Get(t.Context(), in("a")); return err },
			"list": func() error { _, _, err := d.List(t.Context(), drawer, "", "", 1); return err },
		} {
			if err := read(); err != nil && !errors.Is(err, directory.ErrAbsent) || !bytes.Contains(asked, []byte(want)) {
				t.Errorf("%s: %v; asked %s, want %s in it", what, err, asked, want)
			}
		}
	}
}

// An item that is no record, such as one that an older function has left, is
// neither a record without a value nor absent.
func TestADirectoryTellsWhatIsDamaged(t *testing.T) {
	name := table(t, "directory")
	l := dynamo.NewLedger(client(local.Endpoint, nil), name, now)
	must(t, l.Append(t.Context(), entry(1)))
	d := dynamo.NewDirectory(client(local.Endpoint, nil), name, now)
	of := directory.Part{Kind: 'h', ID: "all"}
	if r, err := d.Get(t.Context(), directory.Key{Part: of, Name: directory.Only}); err == nil || errors.Is(err, directory.ErrAbsent) {
		t.Errorf("got %v, %v", r, err)
	}
	if all, _, err := d.List(t.Context(), of, "", "", 1); err == nil {
		t.Errorf("listed %v", all)
	}
}
