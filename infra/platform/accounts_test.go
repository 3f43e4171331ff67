package platform_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/rights"
	"tacet/core/topic"
)

// people are what the function manage is for: the life of an account, from its
// first member to its certificate, with the role of that function; and what is
// left of it for the function erase.
func (r *rig) people() {
	r.t.Helper()
	ctx := r.t.Context()
	boss := r.caller(owner)
	r.looking(ctx)
	bob := account.Identity{Issuer: owner.Issuer, Subject: "bob", Email: "bob@example.org"}
	r.members(ctx, boss, bob)
	r.ahead += 26 * time.Hour // who still knows the secret of the day before destroys it
	boss = r.caller(owner)
	r.programs(ctx, boss)
	r.applications(ctx, boss)
	r.leaving(ctx, boss)

	event := map[string]any{
		"version": "2.0", "rawPath": "/v1/plans", "headers": map[string]string{},
		"requestContext": map[string]any{"domainName": "localhost", "http": map[string]string{"method": "GET", "sourceIp": "192.0.2.7"}},
	}
	if got := r.invoke("manage", event); !strings.Contains(got, `"statusCode":200`) {
		r.t.Errorf("plans: %s", got)
	}
}

// looking is a look at live figures, of the seconds in which an application's
// server has just published.
func (r *rig) looking(ctx context.Context) {
	r.t.Helper()
	r.call("POST", "/api/topics/"+appID+"/publish", "", `{"topic":"looked-at","message":1}`, `"statusCode":200`)
	r.ahead += 5 * time.Second
	token, _, err := r.accounts.SignIn(ctx, owner)
	r.ok(err)
	at := strconv.FormatInt(r.now().Add(-30*time.Second).Unix(), 10)
	if got := r.shown(token, "/v1/apps/"+appID+"/live", "", "last-event-id", at); !strings.Contains(got, `"statusCode":200`) || !strings.Contains(got, "text/event-stream") || !strings.Contains(got, "looked-at") {
		r.t.Errorf("live figures: %s", got)
	}
	for _, query := range []string{"zone=Europe%2FBerlin", "by=topic&format=csv"} {
		if got := r.shown(token, "/v1/apps/"+appID+"/report", query); !strings.Contains(got, `"statusCode":200`) {
			r.t.Errorf("a report with %s: %s", query, got)
		}
	}
}

// shown returns the answer of the function manage to somebody who has signed in.
func (r *rig) shown(token, path, query string, header ...string) string {
	r.t.Helper()
	headers := map[string]string{"authorization": "Bearer " + token}
	for i := 0; i < len(header); i += 2 {
		headers[header[i]] = header[i+1]
	}
	return r.invoke("manage", map[string]any{
		"version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers,
		"requestContext": map[string]any{"domainName": "localhost", "http": map[string]string{"method": "GET", "sourceIp": "192.0.2.7"}},
	})
}

// ok ends the test with an error.
func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%v: %s", err, r.log)
	}
}

// principal returns who has signed in.
func (r *rig) principal(who account.Identity) *account.Principal {
	r.t.Helper()
	token, _, err := r.accounts.SignIn(r.t.Context(), who)
	r.ok(err)
	p, err := r.accounts.Authenticate(r.t.Context(), token, privacy.ParseAddr("203.0.113.9"))
	r.ok(err)
	return p
}

// caller returns who has signed in, in the first account that he has.
func (r *rig) caller(who account.Identity) *account.Caller {
	r.t.Helper()
	p := r.principal(who)
	of, _, err := r.accounts.Memberships(r.t.Context(), p, account.Page{})
	r.ok(err)
	c, err := r.accounts.In(r.t.Context(), p, string(of[0].Account.ID))
	r.ok(err)
	return c
}

// members come and go.
func (r *rig) members(ctx context.Context, boss *account.Caller, who account.Identity) {
	r.t.Helper()
	_, err := boss.Invite(ctx, who.Email, account.Viewer, "once")
	r.ok(err)
	withdrawn, err := boss.Invite(ctx, "carol@example.org", account.Viewer, "")
	r.ok(err)
	r.ok(boss.Withdraw(ctx, withdrawn.ID))
	guest := r.principal(who)
	invited, err := r.accounts.Invitations(ctx, guest)
	r.ok(err)
	member, err := r.accounts.Accept(ctx, guest, invited[0].ID)
	r.ok(err)
	_, err = boss.SetRole(ctx, string(member.Member), account.Developer, account.AnyVersion)
	r.ok(err)
	_, _, err = boss.Members(ctx, account.Page{})
	r.ok(err)
	r.ok(boss.Remove(ctx, string(member.Member), account.AnyVersion))
	_, _, err = boss.Activity(ctx, account.Page{})
	r.ok(err)
}

// programs have access tokens, and people sessions, until these are ended.
func (r *rig) programs(ctx context.Context, boss *account.Caller) {
	r.t.Helper()
	made, token, err := boss.MakeToken(ctx, account.NewToken{Name: "a program"}, "")
	r.ok(err)
	_, err = r.accounts.Authenticate(ctx, token, privacy.Addr{})
	r.ok(err)
	r.ok(boss.RevokeToken(ctx, made.ID))
	session, _, err := r.accounts.SignIn(ctx, owner)
	r.ok(err)
	r.ok(r.accounts.SignOut(ctx, session))
}

// applications are made, changed, and deleted; who is connected to them ends.
func (r *rig) applications(ctx context.Context, boss *account.Caller) {
	r.t.Helper()
	r.open("withdrawn", "grace", time.Time{}, "chat", string(topic.Inbound))
	r.watcher()
	made, err := boss.MakeApp(ctx, account.NewApplication{Name: "another"}, "")
	r.ok(err)
	key, _, err := boss.MakeKey(ctx, string(made.ID), account.NewKey{Kind: grant.Client}, "")
	r.ok(err)
	r.ok(boss.RevokeKey(ctx, string(made.ID), key.ID))
	r.ok(boss.DeleteApp(ctx, string(made.ID), account.AnyVersion))
	for _, suspended := range []bool{true, false} {
		_, err = boss.UpdateApp(ctx, appID, account.AppUpdate{Suspended: &suspended}, account.AnyVersion)
		r.ok(err)
	}
	if !slices.Contains(r.closed, "withdrawn") {
		r.t.Errorf("closed: %v", r.closed)
	}
	r.connect("here", "alice")
	r.send("publish", "here", `{"type":"publish","data":{"topic":"chat","payload":1,"id":"1"}}`, `"matched"`)
	r.rollUp()
	r.open("late", "grace", time.Time{}, "chat", string(topic.Inbound)) // for the job that ends those that are left
	r.watcher()
	_, err = boss.SetPlan(ctx, appID, plan.Team, account.AnyVersion)
	r.ok(err)
	r.errands(map[string]any{"time": r.now().Truncate(time.Minute)})
}

// leaving is the end of an account.
func (r *rig) leaving(ctx context.Context, boss *account.Caller) {
	r.t.Helper()
	export, _, err := r.rights.Begin(ctx, boss, rights.WholeAccount)
	r.ok(err)
	_, err = r.rights.Write(ctx, boss, string(export.Request), io.Discard, rights.Volume{})
	r.ok(err)
	_, _, err = boss.MakeToken(ctx, account.NewToken{Name: "a program"}, "")
	r.ok(err)
	r.open("stale", "grace", time.Time{}, "chat")
	r.ahead += 2 * time.Hour // it ends without a word
	boss = r.caller(owner)
	r.open("left", "grace", time.Time{}, "chat", string(topic.Inbound))
	r.watcher()
	asked, err := r.rights.Challenge(ctx, boss)
	r.ok(err)
	record := directory.Key{Part: boss.Account.Part(), Name: "account"}
	copied, err := r.records.Get(ctx, record)
	r.ok(err)
	request, err := r.rights.Delete(ctx, boss, asked.Phrase)
	r.ok(err)
	// A copy of before is put back, which knows nothing of that.
	_, err = r.records.Apply(ctx, directory.Put(record, copied.Value, time.Time{}, directory.Always), directory.Delete(directory.Key{Part: job.Part, Name: string(request)}, directory.Always))
	r.ok(err)
	r.invoke("erase", map[string]any{"restored": string(boss.Account)})
	r.errands(map[string]any{"job": string(request)})
	r.errands(map[string]any{"time": r.now().Truncate(time.Minute)})
	status, err := r.rights.Status(ctx, string(request))
	r.ok(err)
	if status.Certificate == nil {
		r.t.Errorf("the deletion is not done: %+v: %s", status, r.log)
	}
	_, err = r.rights.Ledger.Entries(ctx, 0, 10)
	r.ok(err)
	for _, table := range []string{"directory", "telemetry", "vault", "realtime"} {
		for _, i := range local.Scan(r.t, r.names[table]) {
			if text := fmt.Sprint(i["pk"], i["sk"], i["val"]); strings.Contains(text, string(boss.Account)) || strings.Contains(text, appID) {
				r.t.Errorf("left in %s: %s", table, text)
			}
		}
	}
}

// errands invokes erase, and again when the job has waited.
func (r *rig) errands(event map[string]any) {
	r.t.Helper()
	for range 6 {
		r.invoke("erase", event)
		r.ahead += time.Minute
	}
}
