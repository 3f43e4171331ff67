package rights_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/privacy"
	"tacet/core/rights"
	"tacet/core/seal"
)

// certificate returns that of a deletion, verified.
func (w *world) certificate(request ledger.RequestID) *rights.Certificate {
	w.Helper()
	s, err := w.Status(w.Context(), string(request))
	w.must(err)
	if s.Stage != ledger.Completed {
		w.Fatalf("the deletion is %+v", s)
	}
	key, err := w.CertificateKey(w.Context())
	w.must(err)
	c, err := rights.Verify(s.Certificate, rights.Fingerprint(key))
	w.must(err)
	return c
}

func removed(c *rights.Certificate) map[string]int64 {
	counts := map[string]int64{}
	for _, s := range c.Stores {
		counts[s.Name] = s.Removed
	}
	return counts
}

func TestADeletionLeavesNothingBehindAndTouchesNobodyElse(t *testing.T) {
	w := newWorld(t)
	other := w.found("bob")
	before := w.records()
	ann := w.found("ann")
	needles := ann.needles()
	if found := w.scan(needles); len(needles) < 20 || len(found) < len(needles) {
		t.Fatalf("the scan finds %d of %d things that are there", len(found), len(needles))
	}
	of := len(w.records()) - len(before)

	request, err := ann.delete()
	w.must(err)
	w.work()

	if found := w.scan(needles); len(found) > 0 {
		t.Errorf("this is left:\n%s", strings.Join(found, "\n"))
	}
	w.put(directory.Put(directory.Key{Part: directory.Part{Kind: 'x', ID: "y"}, Name: "z"}, []byte(needles[3]), time.Time{}, directory.Always))
	if found := w.scan(needles); len(found) != 1 {
		t.Errorf("what was planted is not found: %q", found)
	}
	w.put(directory.Delete(directory.Key{Part: directory.Part{Kind: 'x', ID: "y"}, Name: "z"}, directory.Always))
	if after := w.records(); !maps.Equal(after, before) {
		t.Errorf("another account is not what it was: %d records, there were %d", len(after), len(before))
	}
	if got := len(w.events.of(other.apps[0])); got != 3 || w.open[other.apps[0]] != 3 {
		t.Errorf("another account has %d events and %d connections left", got, w.open[other.apps[0]])
	}
	if got := w.lines(); !slices.Equal(got, []string{"deletion requested", "deletion completed"}) {
		t.Errorf("the ledger has %q", got)
	}
	want := map[string]int64{"vault": 1, "connections": 6, "telemetry": 6, "directory": int64(of)}
	if got := removed(w.certificate(request)); !maps.Equal(got, want) {
		t.Errorf("the certificate says %v, want %v", got, want)
	}
}

func TestTheCertificateTellsWhenWhatWasDone(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	request, err := ann.delete()
	w.must(err)
	w.work()
	c := w.certificate(request)
	began := w.time().Add(-settle)
	if !c.Started.Equal(began) || !c.Finished.Equal(w.time()) || c.Request != request {
		t.Errorf("it is %+v", c)
	}
	for _, s := range c.Stores {
		want := w.time()
		if s.Name == "vault" {
			want = began
		}
		if !s.At.Equal(want) {
			t.Errorf("%s was done at %v, want %v", s.Name, s.At, want)
		}
	}
	entries, err := w.ledger.Of(t.Context(), request)
	w.must(err)
	if entries[0].Who != c.Who || entries[1].Who != c.Who {
		t.Errorf("the certificate is of %s, the ledger of %s", c.Who, entries[0].Who)
	}
}

// Whatever call fails, and whether or not it had an effect, and whether or not
// the process dies of it: when all is done, there is nothing, two lines in the
// ledger, and a certificate that is true.
func TestADeletionThatIsInterruptedAnywhereEndsTheSame(t *testing.T) {
	clean := newWorld(t)
	ann := clean.found("ann")
	of := int64(len(clean.records()))
	if len(clean.begun) > 0 {
		t.Fatal("there are jobs already")
	}
	clean.faults.Fail(0, faulttest.NotApplied)
	if _, err := ann.delete(); err != nil {
		t.Fatal(err)
	}
	clean.work()
	calls := clean.faults.Stop()
	if len(calls) < 50 || len(clean.records()) != 0 {
		t.Fatalf("%d calls, %d records", len(calls), len(clean.records()))
	}
	for n, call := range calls {
		for _, how := range faulttest.Ways {
			for name, set := range map[string]func(*faulttest.Faults, int, faulttest.How){"": (*faulttest.Faults).Fail, ", and all that followed": (*faulttest.Faults).Crash} {
				w := newWorld(t)
				w.interrupted(w.found("ann"), func() { set(w.faults, n+1, how) })
				report := func(format string, args ...any) {
					t.Helper()
					t.Errorf("call %d, %s, %s%s: "+format, append([]any{n + 1, call, how, name}, args...)...)
				}
				if left := w.memory.Raw(); len(left) != 0 || len(w.events.records) != 0 {
					report("there are %d records and %d events left, among them %v", len(left), len(w.events.records), left)
				}
				if got := w.lines(); !slices.Equal(got, []string{"deletion requested", "deletion completed"}) {
					report("the ledger has %q", got)
					continue
				}
				entries, _ := w.ledger.Entries(t.Context(), 0, 10)
				got := removed(w.certificate(entries[0].Request))
				lost := strings.HasPrefix(call, "Erase") || strings.HasPrefix(call, "Disconnect") || strings.Contains(call, "j#all")
				if got["directory"] != of || got["vault"] != 1 || got["telemetry"] > 6 || got["connections"] > 6 || !lost && (got["telemetry"] != 6 || got["connections"] != 6) {
					report("the certificate says %v", got)
				}
			}
		}
	}
}

// interrupted deletes an account while something fails, and then goes on as
// people and hosts do.
func (w *world) interrupted(e *estate, fail func()) {
	w.Helper()
	fail()
	_, err := e.delete()
	if err == nil {
		for range 20 {
			due, next, err := w.runner.Pending(w.Context())
			if err != nil {
				break
			}
			for _, id := range due {
				_, _ = w.runner.Run(w.Context(), id)
			}
			if len(due) == 0 && !next.IsZero() {
				w.advance(next.Sub(w.time()))
			}
		}
	}
	w.faults.Stop()
	if err != nil {
		// The owner does it again, if the account is there.
		c, err := w.people.In(w.Context(), w.signIn(e.name), string(e.owner.Account))
		if err == nil {
			e.owner = c
			_, err = e.delete()
			w.must(err)
		} else {
			w.want(fault.NotFound, err)
		}
	}
	w.work()
}

func TestDoneTwiceAtOnceItIsOneDeletion(t *testing.T) {
	clean := newWorld(t)
	ann := clean.found("ann")
	clean.faults.Fail(0, faulttest.NotApplied)
	_, err := ann.delete()
	clean.must(err)
	calls := len(clean.faults.Stop())
	for n := 1; n <= calls; n++ {
		w := newWorld(t)
		ann := w.found("ann")
		w.faults.Fail(0, faulttest.NotApplied)
		w.faults.Hook(func(at int, _ string) {
			if at == n {
				_, err := ann.delete()
				w.must(err)
			}
		})
		request, err := ann.delete()
		w.faults.Stop()
		w.must(err)
		w.work()
		if got := w.lines(); !slices.Equal(got, []string{"deletion requested", "deletion completed"}) || len(w.memory.Raw()) > 0 {
			t.Errorf("overtaken at call %d: the ledger has %q", n, got)
		}
		w.certificate(request)
	}
}

// What was written by requests that were on their way when the account was
// deleted: after the first sweep of the directory it is the second that finds
// it, and after that one, certify.
func TestWhatArrivesLateIsSweptToo(t *testing.T) {
	for _, step := range []string{"connections", "settle", "telemetry-again", "certify"} {
		t.Run(step, func(t *testing.T) {
			w := newWorld(t)
			ann := w.found("ann")
			w.faults.Fail(0, faulttest.NotApplied)
			planted := false
			w.faults.Hook(func(int, string) {
				due, _, err := w.runner.Pending(t.Context())
				w.must(err)
				p, err := w.runner.Progress(t.Context(), append(due, "00000000000000000000000000000000")[0])
				if planted || err != nil || p.Step != step && !(step == "settle" && p.Step == "close-again") {
					return
				}
				planted = true
				ann.plant(app.ID(strings.Repeat("9", 32)))
				w.put(directory.Put(ann.owner.Key("log/late/entry"), []byte(`{}`), time.Time{}, directory.Always))
			})
			request, err := ann.delete()
			w.must(err)
			w.work()
			w.faults.Stop()
			if !planted {
				t.Fatal("nothing was planted")
			}
			if found := w.scan(append(ann.needles(), ann.marker)); len(found) > 0 {
				t.Errorf("this is left:\n%s", strings.Join(found, "\n"))
			}
			if got := removed(w.certificate(request)); got["telemetry"] != 9 || got["connections"] != 9 {
				t.Errorf("the certificate says %v", got)
			}
		})
	}
}

// A store may reclaim what has expired days later.
func TestWhatHasExpiredIsSweptToo(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	_, _, err := w.Begin(t.Context(), ann.owner, rights.WholeAccount)
	w.must(err)
	needles := ann.needles()
	w.advance(400 * 24 * time.Hour)
	if len(w.memory.All()) == len(w.memory.Raw()) {
		t.Fatal("nothing has expired")
	}
	ann.owner = w.in(w.signIn("ann"), ann.owner.Account)
	request, err := ann.delete()
	w.must(err)
	w.work()
	if found := w.scan(needles); len(found) > 0 {
		t.Errorf("this is left:\n%s", strings.Join(found, "\n"))
	}
	w.certificate(request)
}

// An old copy of the whole directory, such as a backup, is of no use once the
// key is gone.
func TestACopyFromBeforeCannotBeOpened(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	p := w.signIn("ann")
	restored := *w.people
	restored.Directory = w.memory.Snapshot()
	read := func() error {
		c, err := restored.In(t.Context(), p, string(ann.owner.Account))
		if err != nil {
			return err
		}
		_, err = c.Get(t.Context())
		return err
	}
	w.must(read())
	_, err := ann.delete()
	w.must(err)
	if err := read(); err == nil {
		t.Error("the profile can be read from an old copy")
	}
	if _, err := w.vault.Sealer(t.Context(), string(ann.owner.Account)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("the key is still there: %v", err)
	}
}

func TestOnlyAnOwnerWhoHasJustSignedInDeletes(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	try := func(c *account.Caller) error {
		_, asked := w.Challenge(t.Context(), c)
		_, done := w.Delete(t.Context(), c, "delete "+string(c.Account)+" ABCDEF")
		if (asked == nil) != (fault.KindOf(done) == fault.Invalid) {
			t.Errorf("asking: %v; doing: %v", asked, done)
		}
		return asked
	}
	w.must(try(ann.owner))
	for _, role := range account.Roles[1:] {
		w.want(fault.Forbidden, try(w.join(ann.owner, "a-"+string(role), role)))
	}
	_, secret, err := ann.owner.MakeToken(t.Context(), account.NewToken{Name: "t"}, "")
	w.must(err)
	p, err := w.people.Authenticate(t.Context(), secret, privacy.Addr{})
	w.must(err)
	w.want(fault.Forbidden, try(w.in(p, ann.owner.Account)))
	w.advance(15*time.Minute - time.Second)
	w.must(try(ann.owner))
	w.advance(time.Second)
	w.want(fault.Forbidden, try(ann.owner))
	w.must(try(w.in(w.signIn("ann"), ann.owner.Account)))
}

func TestThePhraseIsOfTheAccountThePersonAndTheTime(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.found("ann"), w.found("bob")
	second := w.join(ann.owner, "other-owner", account.Owner)
	phrase := func(c *account.Caller) string {
		t.Helper()
		asked, err := w.Challenge(t.Context(), c)
		w.must(err)
		return asked.Phrase
	}
	own := phrase(ann.owner)
	if !strings.HasPrefix(own, "delete "+string(ann.owner.Account)+" ") || len(own) != len("delete ")+32+1+6 {
		t.Errorf("the phrase is %q", own)
	}
	wrong := []byte(own)
	wrong[len(wrong)-1] = 'A' + (wrong[len(wrong)-1]-'A'+1)%26
	for name, p := range map[string]string{
		"none": "", "a wrong letter": string(wrong), "of another account": phrase(bob.owner), "of another owner": phrase(second),
		"lower case": strings.ToLower(own), "without the code": own[:len(own)-7], "with more": own + " ",
		"another account's code": "delete " + string(ann.owner.Account) + phrase(bob.owner)[len("delete ")+32:],
	} {
		if _, err := w.Delete(t.Context(), ann.owner, p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked, err := w.Challenge(t.Context(), ann.owner)
	w.must(err)
	if left := asked.Expires.Sub(w.time()); left > 10*time.Minute || left <= 9*time.Minute {
		t.Errorf("the phrase is good for %v", left)
	}
	w.advance(asked.Expires.Sub(w.time()))
	ann.owner = w.in(w.signIn("ann"), ann.owner.Account)
	if _, err := w.Delete(t.Context(), ann.owner, own); fault.KindOf(err) != fault.Invalid {
		t.Errorf("expired: %v", err)
	}
	if got := w.lines(); len(got) > 0 {
		t.Errorf("the ledger has %q, and nothing was asked for", got)
	}
	own = phrase(ann.owner)
	w.advance(9 * time.Minute)
	_, err = w.Delete(t.Context(), ann.owner, own)
	w.must(err)
}

func TestAChallengeTellsWhatWillBeLost(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	asked, err := w.Challenge(t.Context(), ann.owner)
	w.must(err)
	if asked.Apps != 2 || asked.Members != 2 {
		t.Errorf("it is %+v", asked)
	}
	request, err := w.Delete(t.Context(), ann.owner, asked.Phrase)
	w.must(err)
	if request != asked.Request || !slices.Equal(w.begun, []string{string(request)}) {
		t.Errorf("the request is %s, %s was told before, and %v were begun", request, asked.Request, w.begun)
	}
	_, err = w.people.In(t.Context(), w.signIn("ann"), string(ann.owner.Account))
	w.want(fault.NotFound, err)
}

func TestAStatusIsForWhoKnowsTheRequest(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	for _, id := range []string{"", "x", strings.Repeat("A", 32), strings.Repeat("a", 32)} {
		_, err := w.Status(t.Context(), id)
		w.want(fault.NotFound, err)
	}
	x, _, err := w.Begin(t.Context(), ann.owner, rights.OneSelf)
	w.must(err)
	_, err = w.Status(t.Context(), string(x.Request))
	w.want(fault.NotFound, err)

	asked := w.time()
	request, err := ann.delete()
	w.must(err)
	status := func() *rights.Status {
		t.Helper()
		s, err := w.Status(t.Context(), string(request))
		w.must(err)
		return s
	}
	if s := status(); s.Stage != ledger.Requested || !s.Requested.Equal(asked) || s.Done != 0 || s.Steps < 5 || s.Certificate != nil {
		t.Errorf("at the beginning it is %+v", s)
	}
	_, err = w.runner.Run(t.Context(), job.ID(request))
	w.must(err)
	if s := status(); s.Step != "settle" || s.Stage != ledger.Requested || s.Done == 0 || s.Counts["telemetry"] != 6 {
		t.Errorf("in the middle it is %+v", s)
	}
	w.work()
	if s := status(); s.Step != "" || s.Stage != ledger.Completed || s.Certificate == nil || !s.Requested.Equal(asked) {
		t.Errorf("at the end it is %+v", s)
	}
	w.advance(ledger.Keep + time.Hour)
	_, err = w.Status(t.Context(), string(request))
	w.want(fault.NotFound, err)
}

func TestOtherJobsOfTheAccountAreTakenOver(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.found("ann"), w.found("bob")
	gone := app.ID(strings.Repeat("8", 32)) // deleted before, its telemetry not yet
	w.events.add(gone, begin, ann.marker, time.Hour)
	later := begin.Add(100 * time.Hour)
	w.put(
		job.Job{ID: "1", Kind: job.EraseApp, Account: string(ann.owner.Account), Apps: []app.ID{gone}, NotBefore: later}.Make(),
		job.Job{ID: "2", Kind: job.Restamp, Account: string(ann.owner.Account), Apps: ann.apps, NotBefore: later}.Make(),
		job.Job{ID: "3", Kind: job.Restamp, Account: string(bob.owner.Account), Apps: bob.apps, NotBefore: later}.Make(),
	)
	needles := append(ann.needles(), string(gone))
	request, err := ann.delete()
	w.must(err)
	for range 5 {
		_, err := w.runner.Run(t.Context(), job.ID(request))
		w.must(err)
		w.advance(settle)
	}
	if found := w.scan(needles); len(found) > 0 {
		t.Errorf("this is left:\n%s", strings.Join(found, "\n"))
	}
	if _, err := w.runner.Progress(t.Context(), "3"); err != nil {
		t.Errorf("the job of another account is gone: %v", err)
	}
	w.certificate(request)
}

func TestNobodyElseLearnsAnythingFromTheLedger(t *testing.T) {
	w := newWorld(t)
	ann := w.found("ann")
	needles := ann.needles()
	_, err := ann.delete()
	w.must(err)
	w.work()
	all, err := w.ledger.Entries(t.Context(), 0, 10)
	w.must(err)
	text, err := json.Marshal(all)
	w.must(err)
	for _, n := range needles {
		if strings.Contains(string(text), n) {
			t.Errorf("the ledger has %s", n)
		}
	}
}
