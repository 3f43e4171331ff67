package rights_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/ledger"
	"tacet/core/privacy"
	"tacet/core/rights"
)

// download is a ZIP that was read: the files, and what the manifest says.
type download struct {
	files    map[string]string
	manifest rights.Manifest
}

// text returns all files in one.
func (d *download) text() string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		all.WriteString(name + "\n" + d.files[name] + "\n")
	}
	return all.String()
}

// unpack reads a ZIP, and holds it against its manifest.
func (w *world) unpack(packed []byte) *download {
	w.Helper()
	in, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	w.must(err)
	d := &download{files: map[string]string{}}
	var names []string
	for _, f := range in.File {
		r, err := f.Open()
		w.must(err)
		text, err := io.ReadAll(r)
		w.must(err)
		if _, twice := d.files[f.Name]; twice {
			w.Errorf("there are two files %s", f.Name)
		}
		d.files[f.Name] = string(text)
		names = append(names, f.Name)
	}
	if names[len(names)-1] != "manifest.json" {
		w.Errorf("the manifest is not the last file: %v", names)
	}
	w.must(json.Unmarshal([]byte(d.files["manifest.json"]), &d.manifest))
	var told []string
	for _, f := range d.manifest.Files {
		told = append(told, f.Name)
		sum := sha256.Sum256([]byte(d.files[f.Name]))
		if f.Bytes != int64(len(d.files[f.Name])) || f.SHA256 != hex.EncodeToString(sum[:]) || f.Records != records(f.Name, d.files[f.Name]) {
			w.Errorf("the manifest says %+v of a file of %d bytes with %d records", f, len(d.files[f.Name]), records(f.Name, d.files[f.Name]))
		}
	}
	if !slices.Equal(told, names[:len(names)-1]) {
		w.Errorf("the manifest says that there are %v, there are %v", told, names)
	}
	return d
}

// records returns how many things a file tells of.
func records(name, text string) int64 {
	switch {
	case strings.HasSuffix(name, ".jsonl"):
		return int64(strings.Count(text, "\n"))
	case strings.HasPrefix(text, "["):
		var all []json.RawMessage
		if json.Unmarshal([]byte(text), &all) != nil {
			return -1
		}
		return int64(len(all))
	}
	return 1
}

// fetch asks for a download and gets it whole.
func (w *world) fetch(c *account.Caller, scope rights.Scope) *download {
	w.Helper()
	x, _, err := w.Begin(w.Context(), c, scope)
	w.must(err)
	var packed bytes.Buffer
	next, err := w.Write(w.Context(), c, string(x.Request), &packed, rights.Volume{})
	w.must(err)
	if next != "" {
		w.Errorf("there is more after %s", next)
	}
	return w.unpack(packed.Bytes())
}

var accountFiles = []string{
	"README.txt", "activity.jsonl", "applications.json", "invitations.json", "keys.json", "ledger.json", "manifest.json",
	"members.json", "payment.json", "profile.json", "tokens.json",
}

func TestADownloadHoldsEverythingOfTheAccountAndNothingOfAnother(t *testing.T) {
	w := newWorld(t)
	bob := w.found("bob")
	ann := w.found("ann")
	w.fetch(bob.owner, rights.WholeAccount)
	d := w.fetch(ann.owner, rights.WholeAccount)
	if got := records("ledger.json", d.files["ledger.json"]); got != 1 {
		t.Errorf("of the ledger there are %d lines:\n%s", got, d.files["ledger.json"])
	}

	names := slices.Clone(accountFiles)
	for _, id := range ann.apps {
		for i := range 3 {
			names = append(names, "telemetry/"+string(id)+"/"+w.time().Add(-time.Duration(i)*20*time.Hour).Format(time.DateOnly)+".jsonl")
		}
	}
	slices.Sort(names)
	if got := slices.Sorted(maps.Keys(d.files)); !slices.Equal(got, slices.Compact(names)) {
		t.Errorf("there are %v\nwant %v", got, names)
	}
	for name, want := range map[string][]string{
		"profile.json":      {ann.marker + "-name", ann.marker + "@example.org", "35-49", string(ann.owner.Account), "active"},
		"payment.json":      {ann.marker + "-payment", "4242"},
		"members.json":      {string(ann.owner.Member), string(ann.member.Member), "owner", "viewer", "ann@example.org"},
		"invitations.json":  {`"role":"viewer"`},
		"applications.json": {ann.marker + "-app", string(ann.apps[0]), string(ann.apps[1]), "team"},
		"keys.json":         {string(ann.apps[0]), string(ann.apps[1]), "HS256", "client"},
		"tokens.json":       {ann.marker + "-token-owner", ann.marker + "-token-viewer"},
		"activity.jsonl":    {"payment:update", "members:manage", "tokens:manage", "account:export", `"address":"ipcrypt/1/`, string(ann.member.Member)},
		"ledger.json":       {`"stage":"requested"`, `"kind":"download"`},
		"README.txt":        {string(ann.owner.Account)},
		"telemetry/" + string(ann.apps[0]) + "/2026-03-14.jsonl": {ann.marker + "-topic"},
	} {
		for _, text := range want {
			if !strings.Contains(d.files[name], text) {
				t.Errorf("%s has no %s:\n%s", name, text, d.files[name])
			}
		}
	}
	common := ann.needles()
	for _, n := range append(bob.needles(), "bob") {
		if strings.Contains(d.text(), n) && !slices.Contains(common, n) {
			t.Errorf("there is %s of another account in it", n)
		}
	}
	for what, texts := range map[string][]string{"a secret": ann.secrets, "an address of somebody else": {"friend@", "guest@"}} {
		for _, text := range texts {
			if strings.Contains(d.text(), text) {
				t.Errorf("there is %s in it: %s", what, text)
			}
		}
	}
	m := d.manifest
	if m.Account != ann.owner.Account || m.Member != ann.owner.Member || m.Scope != rights.WholeAccount || m.Version != 1 || m.Follows != "" || m.Next != "" || !m.At.Equal(w.time()) {
		t.Errorf("the manifest is %+v", m)
	}
}

func TestADownloadOfOneselfHoldsNothingOfOthers(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	d := w.fetch(ann.member, rights.OneSelf)
	if got := slices.Sorted(maps.Keys(d.files)); !slices.Equal(got, []string{"README.txt", "activity.jsonl", "manifest.json", "members.json", "tokens.json"}) {
		t.Errorf("there are %v", got)
	}
	for name, want := range map[string]string{
		"members.json": "ann-friend@example.org", "tokens.json": ann.marker + "-token-viewer", "activity.jsonl": "tokens:manage",
	} {
		if !strings.Contains(d.files[name], want) || !strings.Contains(d.files[name], string(ann.member.Member)) {
			t.Errorf("%s has no %s:\n%s", name, want, d.files[name])
		}
	}
	for _, not := range []string{string(ann.owner.Member), "ann@example.org", ann.marker + "-name", "-token-owner", "payment", string(ann.apps[0])} {
		if strings.Contains(strings.ReplaceAll(d.text(), d.files["README.txt"], ""), not) {
			t.Errorf("there is %s in it", not)
		}
	}
}

// Every class of records has its file, or a reason why not: whoever adds one
// says so here.
func TestEveryClassOfRecordsIsInADownload(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	_, err := ann.owner.MakeApp(t.Context(), account.NewApplication{Name: "once"}, "idempotency-key")
	w.must(err)
	_, _, err = w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	classes := map[string]string{
		"account": "profile.json", "payment": "payment.json", "member": "members.json", "invitation": "invitations.json",
		"app": "applications.json", "keys": "keys.json", "token": "tokens.json", "log": "activity.jsonl",
		"tally":  "how many members and applications there are: members.json and applications.json have them",
		"once":   "hashes, and ids of what stands in the other files",
		"export": "the download itself, which ledger.json and activity.jsonl tell of",
	}
	seen := map[string]bool{}
	for _, r := range w.memory.All() {
		if r.Part != ann.owner.Account.Part() {
			continue
		}
		class, _, _ := strings.Cut(r.Name, "/")
		seen[class] = true
		if where := classes[class]; where == "" {
			t.Errorf("%s is in no file of a download: say here in which, or why not", r.Name)
		} else if strings.Contains(where, ".json") && !strings.Contains(where, " ") && !slices.Contains(accountFiles, where) {
			t.Errorf("%s: there is no file %s", r.Name, where)
		}
	}
	if len(seen) != len(classes) {
		t.Errorf("the account has only records of %v", slices.Sorted(maps.Keys(seen)))
	}
}

func TestTheReadmeExplainsEachFile(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	for c, scope := range map[*account.Caller]rights.Scope{ann.owner: rights.WholeAccount, ann.member: rights.OneSelf} {
		d := w.fetch(c, scope)
		for name := range d.files {
			if id := strings.Split(name, "/"); len(id) == 3 {
				name = "telemetry/<application>/<day>.jsonl"
			}
			if name == "README.txt" {
				continue
			}
			_, about, ok := strings.Cut(d.files["README.txt"], "\n"+name+"\n  ")
			about, _, _ = strings.Cut(about, "\n")
			if sentences := strings.Count(about, ". ") + 1; !ok || sentences != 2 || !strings.HasSuffix(about, ".") {
				t.Errorf("of %s the README says %q", name, about)
			}
		}
	}
}

func TestWhoMayDownloadWhat(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	for _, role := range account.Roles {
		c := w.join(ann.owner, "a-"+string(role), role)
		_, _, err := w.Begin(t.Context(), c, rights.WholeAccount)
		if role == account.Owner {
			w.must(err)
		} else {
			w.want(fault.Forbidden, err)
		}
		_, _, err = w.Begin(t.Context(), c, rights.OneSelf)
		w.must(err)
	}
	_, _, err := w.Begin(t.Context(), ann.owner, "all")
	w.want(fault.Invalid, err)

	x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	write := func(c *account.Caller, request string) error {
		var packed bytes.Buffer
		_, err := w.Write(t.Context(), c, request, &packed, rights.Volume{})
		if err != nil && packed.Len() > 0 {
			t.Errorf("%d bytes were written, and then %v", packed.Len(), err)
		}
		return err
	}
	w.want(fault.NotFound, write(ann.owner, ""))
	w.want(fault.NotFound, write(ann.owner, strings.Repeat("a", 32)))
	w.want(fault.NotFound, write(ann.member, string(x.Request)))
	demoted := *ann.owner
	demoted.Role = account.Admin
	w.want(fault.Forbidden, write(&demoted, string(x.Request)))
	for scope, kind := range map[account.Action]fault.Kind{account.ReadApps: fault.Forbidden, account.ExportAccount: 0} {
		_, secret, err := ann.owner.MakeToken(t.Context(), account.NewToken{Name: "t", Scope: []account.Action{scope}}, "")
		w.must(err)
		p, err := w.people.Authenticate(t.Context(), secret, privacy.Addr{})
		w.must(err)
		if _, _, err = w.Begin(t.Context(), w.in(p, ann.owner.Account), rights.WholeAccount); kind != 0 {
			w.want(kind, err)
		} else {
			w.must(err)
		}
	}
	// What is for one application gets nothing of the others.
	_, secret, err := ann.owner.MakeToken(t.Context(), account.NewToken{Name: "t", Apps: ann.apps[:1]}, "")
	w.must(err)
	p, err := w.people.Authenticate(t.Context(), secret, privacy.Addr{})
	w.must(err)
	w.want(fault.Forbidden, write(w.in(p, ann.owner.Account), string(x.Request)))
	for _, place := range []string{"x", "telemetry/", "telemetry/x/2026-03-14.jsonl", "README.txt", "manifest.json", "telemetry/" + string(ann.apps[0]) + "/2026-13-14.jsonl", "telemetry/" + string(ann.apps[0]) + "/2026-03-14T5.jsonl"} {
		_, err := w.Write(t.Context(), ann.owner, string(x.Request), io.Discard, rights.Volume{After: place})
		w.want(fault.Invalid, err)
	}
	w.must(write(ann.owner, string(x.Request)))
}

func TestADownloadIsBegunOnce(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	first, fresh, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	if !fresh || first.Scope != rights.WholeAccount || !first.At.Equal(w.time()) {
		t.Errorf("it is %+v, fresh: %v", first, fresh)
	}
	again := func(want bool) {
		t.Helper()
		x, fresh, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
		w.must(err)
		if fresh == want || (x.Request == first.Request) != want {
			t.Errorf("asked again it is %+v, fresh: %v", x, fresh)
		}
	}
	w.advance(10*time.Minute - time.Second)
	again(true)
	if self, fresh, err := w.Begin(t.Context(), ann.owner, rights.OneSelf); err != nil || !fresh || self.Request == first.Request {
		t.Errorf("of another scope it is %+v, %v, %v", self, fresh, err)
	}
	if got := w.lines(); !slices.Equal(got, []string{"download requested", "download requested"}) {
		t.Errorf("the ledger has %q", got)
	}
	// Who begins to fetch it has ten minutes again.
	broken := &short{room: 100}
	if _, err := w.Write(t.Context(), ann.owner, string(first.Request), broken, rights.Volume{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	w.advance(10*time.Minute - time.Second)
	again(true)
	w.advance(time.Second)
	again(false)
	_, err = w.Write(t.Context(), ann.owner, string(first.Request), io.Discard, rights.Volume{})
	w.want(fault.NotFound, err)
}

var errBroken = errors.New("the connection is gone")

// short is a connection that breaks.
type short struct{ room int }

func (s *short) Write(b []byte) (int, error) {
	if s.room -= len(b); s.room < 0 {
		return 0, errBroken
	}
	return len(b), nil
}

func TestADownloadThatWasBrokenOffIsFetchedAgain(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	var whole bytes.Buffer
	for room := 0; ; room += 97 {
		whole.Reset()
		_, err := w.Write(t.Context(), ann.owner, string(x.Request), io.MultiWriter(&short{room}, &whole), rights.Volume{})
		if err == nil {
			break
		}
		if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, errBroken) {
			t.Fatalf("got %v", err)
		}
		if _, err := zip.NewReader(bytes.NewReader(whole.Bytes()), int64(whole.Len())); err == nil {
			t.Errorf("after %d bytes it looks whole", room)
		}
		if got := w.lines(); len(got) != 1 {
			t.Fatalf("the ledger has %q", got)
		}
	}
	w.unpack(whole.Bytes())
	if got := w.lines(); !slices.Equal(got, []string{"download requested", "download completed"}) {
		t.Errorf("the ledger has %q", got)
	}
	_, err = w.Write(t.Context(), ann.owner, string(x.Request), io.Discard, rights.Volume{})
	w.want(fault.NotFound, err)
}

func TestADownloadThatIsInterruptedAnywhereEndsTheSame(t *testing.T) {
	try := func(w *world, ann *estate) ([]byte, error) {
		x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
		if err != nil {
			return nil, err
		}
		var packed bytes.Buffer
		_, err = w.Write(t.Context(), ann.owner, string(x.Request), &packed, rights.Volume{})
		return packed.Bytes(), err
	}
	clean := newWorld(t)
	ann := clean.found("ann")
	clean.faults.Fail(0, faulttest.NotApplied)
	packed, err := try(clean, ann)
	clean.must(err)
	calls, want := clean.faults.Stop(), clean.unpack(packed)
	if len(calls) < 25 {
		t.Fatalf("only %d calls", len(calls))
	}
	lines := strings.Count(want.files["activity.jsonl"], "\n")
	seen := map[string]int{}
	for n, call := range calls {
		if seen[call]++; seen[call] > 3 {
			continue // one day like the other
		}
		for _, how := range faulttest.Ways {
			for name, set := range map[string]func(*faulttest.Faults, int, faulttest.How){"": (*faulttest.Faults).Fail, ", and all that followed": (*faulttest.Faults).Crash} {
				w := newWorld(t)
				ann := w.found("ann")
				set(w.faults, n+1, how)
				_, err := try(w, ann)
				w.faults.Stop()
				if err != nil && strings.Contains(fault.Public(err).Text, "injected") {
					t.Errorf("call %d, %s, %s%s: a stranger is told %q", n+1, call, how, name, fault.Public(err).Text)
				}
				completed := slices.Equal(w.lines(), []string{"download requested", "download completed"})
				if err == nil && !completed {
					t.Errorf("call %d, %s, %s%s: the ledger has %q", n+1, call, how, name, w.lines())
				}
				if err == nil || completed && len(w.exports()) == 0 {
					continue // only the answer was lost
				}
				packed, err := try(w, ann)
				w.must(err)
				if d := w.unpack(packed); len(d.files) != len(want.files) || strings.Count(d.files["activity.jsonl"], "\n") != lines {
					t.Errorf("call %d, %s, %s%s: it has %d files, and %d lines of activity", n+1, call, how, name, len(d.files), strings.Count(d.files["activity.jsonl"], "\n"))
				}
				if got := w.lines(); !slices.Equal(got, []string{"download requested", "download completed"}) || len(w.exports()) > 0 {
					t.Errorf("call %d, %s, %s%s: the ledger has %q, and %v are open", n+1, call, how, name, got, w.exports())
				}
			}
		}
	}
}

// exports are the downloads that are open.
func (w *world) exports() (names []string) {
	for _, r := range w.memory.All() {
		if strings.HasPrefix(r.Name, "export/") {
			names = append(names, r.Name)
		}
	}
	return names
}

func TestAskedForTwiceAtOnceItIsOneDownload(t *testing.T) {
	for n := 1; n < 20; n++ {
		w := newWorld(t)
		ann := w.found("ann")
		w.faults.Fail(0, faulttest.NotApplied)
		var other ledger.RequestID
		w.faults.Hook(func(at int, _ string) {
			if at == n {
				x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
				w.must(err)
				other = x.Request
			}
		})
		x, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
		w.faults.Stop()
		w.must(err)
		if other != "" && other != x.Request || len(w.exports()) != 1 || len(w.lines()) != 1 {
			t.Errorf("overtaken at call %d: %s and %s, the ledger has %q", n, x.Request, other, w.lines())
		}
	}
}

// Who has got another role between signing in and asking was told that the
// server is broken.
func TestADownloadOfWhoIsNoLongerTheSameIsAConflict(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	_, err := ann.owner.SetRole(t.Context(), string(ann.member.Member), account.Developer, account.AnyVersion)
	w.must(err)
	if _, _, err := w.Begin(t.Context(), ann.member, rights.OneSelf); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
}
