package rights_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/plan"
)

// estate is an account with something of every class in it. Whatever somebody
// could have typed holds the marker.
type estate struct {
	w      *world
	name   string
	marker string
	owner  *account.Caller
	member *account.Caller
	apps   []app.ID
	// secrets are tokens and keys in clear, as they were handed out.
	secrets []string
}

// found makes an account of somebody's.
func (w *world) found(name string) *estate {
	w.Helper()
	w.advance(time.Second) // names of records hold times: no two accounts have the same
	e := &estate{w: w, name: name, marker: "MARK" + name}
	p := w.signIn(name)
	a, err := w.people.Create(w.Context(), p, account.Profile{FullName: e.marker + "-name", Email: e.marker + "@example.org", AgeRange: account.From35}, "")
	w.must(err)
	e.owner = w.in(p, a.ID)
	_, err = e.owner.SetPayment(w.Context(), account.Payment{Reference: e.marker + "-payment", LastFour: "4242"}, "")
	w.must(err)
	e.member = w.join(e.owner, name+"-friend", account.Viewer)
	_, err = e.owner.Invite(w.Context(), e.marker+"-guest@example.org", account.Viewer, "")
	w.must(err)
	for _, c := range []*account.Caller{e.owner, e.member} {
		_, secret, err := c.MakeToken(w.Context(), account.NewToken{Name: e.marker + "-token-" + string(c.Role)}, "")
		w.must(err)
		e.secrets = append(e.secrets, secret)
	}
	for range 2 {
		e.addApp(3)
	}
	slices.Sort(e.apps)
	e.owner, e.member = w.in(p, a.ID), w.in(e.member.Principal, a.ID)
	return e
}

// addApp makes an application with a key, connections and telemetry, some of it
// on several days.
func (e *estate) addApp(telemetry int) {
	e.w.Helper()
	a, err := e.owner.MakeApp(e.w.Context(), account.NewApplication{Name: e.marker + "-app", Plan: plan.Team}, "")
	e.w.must(err)
	_, secret, err := e.owner.MakeKey(e.w.Context(), string(a.ID), account.NewKey{Kind: grant.Client}, "")
	e.w.must(err)
	e.secrets = append(e.secrets, secret.Reveal())
	e.furnish(a.ID, telemetry)
}

// furnish gives an application connections and telemetry.
func (e *estate) furnish(id app.ID, telemetry int) {
	e.apps = append(e.apps, id)
	e.w.open[id] = 3
	for i := range telemetry {
		e.w.events.add(id, e.w.time().Add(-time.Duration(i)*20*time.Hour), e.marker+"-topic", 30*24*time.Hour)
	}
}

// put writes records past all verbs.
func (w *world) put(changes ...directory.Change) {
	w.Helper()
	_, err := w.memory.Apply(w.Context(), changes...)
	w.must(err)
}

// recordOf is where the data plane finds something about an application.
func recordOf(kind directory.Kind, id app.ID) directory.Key {
	return directory.Key{Part: directory.Part{Kind: kind, ID: string(id)}, Name: directory.Only}
}

// plant writes the records of an application past all verbs, as a request does
// that was on its way.
func (e *estate) plant(id app.ID) {
	e.w.Helper()
	text, err := json.Marshal(app.App{ID: id, Account: string(e.owner.Account), Plan: plan.Team})
	e.w.must(err)
	e.w.put(
		directory.Put(e.owner.Key("app/"+string(id)), []byte(`{}`), time.Time{}, directory.IfAbsent),
		directory.Put(e.owner.Key("keys/"+string(id)), []byte(`{}`), time.Time{}, directory.IfAbsent),
		directory.Put(recordOf('a', id), text, time.Time{}, directory.IfAbsent),
		directory.Put(recordOf('v', id), []byte(`sealed`), time.Time{}, directory.IfAbsent),
	)
	e.furnish(id, 3)
}

// needles are all ids, hashes and texts by which the account could be found,
// now.
func (e *estate) needles() []string {
	found := []string{e.marker, string(e.owner.Account)}
	for _, id := range e.apps {
		found = append(found, string(id))
	}
	for _, r := range e.w.memory.Raw() {
		if r.Part != e.owner.Account.Part() {
			continue
		}
		for _, word := range strings.FieldsFunc(r.Name+" "+string(r.Value), func(c rune) bool {
			return !strings.ContainsRune("0123456789abcdef", c)
		}) {
			if len(word) >= 16 {
				found = append(found, word)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// scan looks for the needles in everything that lies anywhere but in the ledger,
// and tells where they are.
func (w *world) scan(needles []string) (found []string) {
	look := func(where, text string) {
		for _, n := range needles {
			if strings.Contains(text, n) {
				found = append(found, where+" has "+n)
			}
		}
	}
	for _, r := range w.memory.Raw() {
		look(r.Key.String(), r.Key.String()+" "+string(r.Value))
	}
	w.events.mu.Lock()
	defer w.events.mu.Unlock()
	for _, r := range w.events.records {
		look("telemetry", fmt.Sprintf("%+v", r))
	}
	for id, n := range w.open {
		if n > 0 {
			look("connections", string(id))
		}
	}
	return found
}

// records returns what lies in the directory, by key, but for jobs.
func (w *world) records() map[directory.Key]string {
	all := map[directory.Key]string{}
	for _, r := range w.memory.Raw() {
		if r.Part != job.Part {
			all[r.Key] = string(r.Value)
		}
	}
	return all
}

// delete asks for the phrase and repeats it.
func (e *estate) delete() (ledger.RequestID, error) {
	asked, err := e.w.Challenge(e.w.Context(), e.owner)
	if err != nil {
		return "", err
	}
	return e.w.Delete(e.w.Context(), e.owner, asked.Phrase)
}

// lines returns the ledger as "deletion requested", "deletion completed".
func (w *world) lines() (found []string) {
	w.Helper()
	all, err := w.ledger.Entries(w.Context(), 0, 1000)
	w.must(err)
	w.must(ledger.Verify(all))
	for _, e := range all {
		found = append(found, string(e.Kind)+" "+string(e.Stage))
	}
	return found
}
