package stack

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/account"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/httpapi/manage/lifetest"
	"tacet/infra/httpapi/manage/matrixtest"
	"tacet/infra/local/dynamodb"
	"tacet/infra/sigv4"
)

// begin starts a platform from the repository's template, in which a deletion
// waits for a second. Every is how often schedules come.
func begin(t testing.TB, every time.Duration) *Stack {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what needs processes of its own")
	}
	s, err := Start(t.Context(), Options{
		Settings: config.Standalone{
			Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited", TrustedProxies: 1,
			IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: 29 * time.Second,
		},
		// Functions remember an application for five seconds, and record what they refuse.
		AWS: config.AWS{AWS: true}, Log: slog.New(slog.DiscardHandler), Every: every, SettleSeconds: 6,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// session signs somebody in, past who issues identities.
func (s *Stack) session(t testing.TB, who account.Identity) string {
	t.Helper()
	token, _, err := s.accounts.SignIn(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// What the API of accounts answers to whom is the same here, where it is a
// function with a role of its own, as over stores in memory.
func TestMatrix(t *testing.T) {
	s := begin(t, time.Second)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	matrixtest.Test(t, matrixtest.Host{Base: s.running.HTTP, Client: client, Session: s.session})
	for d, n := range s.guard.Denials() {
		t.Errorf("%s may not do what it did %d times: %s on %s", d.Role, n, d.Action, d.Resource)
	}
}

// stores is every item of every table, by where it lies, as text that nothing
// in it is hidden from.
type stores map[string][]byte

func (s *Stack) stores(t testing.TB) stores {
	t.Helper()
	all := stores{}
	for _, x := range s.template.Tables {
		items, err := s.tables().Scan(t.Context(), x.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			all[where(x.Name, i)] = written(i)
		}
	}
	return all
}

func (s *Stack) tables() dynamodb.Tables {
	return dynamodb.TablesOf(s.endpoint, s.template.Region, s.owner)
}

func where(table string, i map[string]types.AttributeValue) string {
	return table + " " + i[dynamo.Hash].(*types.AttributeValueMemberS).Value + " " + i[dynamo.Range].(*types.AttributeValueMemberS).Value
}

// written writes the values of an item one after the other.
func written(i map[string]types.AttributeValue) []byte {
	var b bytes.Buffer
	for name, v := range i {
		b.WriteString("\n" + name + "\n")
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			b.WriteString(v.Value)
		case *types.AttributeValueMemberN:
			b.WriteString(v.Value)
		case *types.AttributeValueMemberB:
			b.Write(v.Value)
		default:
			fmt.Fprintf(&b, "%+v", v) // sets, whose texts stand there as they are
		}
	}
	return b.Bytes()
}

// found returns where traces stand, and which.
func (all stores) found(traces lifetest.Traces) (places []string) {
	for where, text := range all {
		if what := traces.Found(text); what != nil {
			places = append(places, fmt.Sprintf("%s: %s", where, what))
		}
	}
	return places
}

// Nothing that people type is in any table in clear; when the account is
// deleted, nothing of it is in any table but two lines in the ledger, which do
// not say whose; and a copy of before, put back, is of no use to anybody, and
// is deleted again.
func TestNothingIsLeftOfALife(t *testing.T) {
	s := begin(t, time.Second)
	before := s.stores(t)
	l := lifetest.Begin(t, lifetest.Host{Base: s.running.HTTP, Session: s.session})
	address := strings.Replace(s.running.WebSocket, string(s.running.App), l.App, 1)
	l.Speak(t, address)

	alive := s.stores(t)
	for _, place := range alive.found(l.Typed) {
		t.Errorf("in clear: %s", place)
	}
	for what := range l.Ids {
		if one := (lifetest.Traces{what: l.Ids[what]}); slices.Contains([]string{"account", "member", "app", "token", "topic"}, what) && alive.found(one) == nil {
			t.Errorf("nothing in the tables names the %s: what is looked for is not what there is", what)
		}
	}
	plant := map[string]types.AttributeValue{
		dynamo.Hash: &types.AttributeValueMemberS{Value: "o#planted"}, dynamo.Range: &types.AttributeValueMemberS{Value: "planted"},
		"val": &types.AttributeValueMemberB{Value: []byte(`{"name":"` + base64.StdEncoding.EncodeToString([]byte("x"+string(l.Typed["first name"]))) + `"}`)},
	}
	s.put(t, "DirectoryTable", plant)
	if places := s.stores(t).found(l.Typed); len(places) != 1 {
		t.Errorf("a planted name was found here: %v", places)
	}
	s.take(t, "DirectoryTable", plant)
	copied, err := s.tables().Scan(t.Context(), "DirectoryTable")
	if err != nil {
		t.Fatal(err)
	}

	l.Delete(t)
	l.Mute(t, address)
	s.nothingOf(t, l, before)

	for _, i := range copied {
		s.put(t, "DirectoryTable", i)
	}
	l.Gone(t)
	l.Mute(t, address)
	if _, err := s.functions["EraseFunction"].Invoke(t.Context(), []byte(`{"restored":"`+string(l.Account)+`"}`)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for s.stores(t).found(l.Ids) != nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	s.nothingOf(t, l, before)
	for d, n := range s.guard.Denials() {
		t.Errorf("%s may not do what it did %d times: %s on %s", d.Role, n, d.Action, d.Resource)
	}
}

// nothingOf checks that nothing is left.
func (s *Stack) nothingOf(t testing.TB, l *lifetest.Life, before stores) {
	t.Helper()
	after := s.stores(t)
	for _, place := range slices.Concat(after.found(l.Typed), after.found(l.Ids)) {
		t.Errorf("left: %s", place)
	}
	for where := range after {
		if _, was := before[where]; !was && !ofEverybody(where) {
			t.Errorf("left: %s: %q", where, after[where])
		}
	}
}

// ofEverybody reports whether something is there that all accounts share: the
// ledger, the keys of the deployment, the secrets of days.
func ofEverybody(where string) bool {
	return slices.ContainsFunc([]string{"LedgerTable ", "VaultTable w#deployment ", "RealtimeTable k#"}, func(prefix string) bool { return strings.HasPrefix(where, prefix) })
}

func (s *Stack) admin() *aws.Client {
	return aws.New(aws.Options{Region: s.template.Region, BaseEndpoint: &s.endpoint, Credentials: sigv4.Credentials{ID: s.owner, Secret: "none"}})
}

// put puts an item into a table, past everything.
func (s *Stack) put(t testing.TB, table string, i map[string]types.AttributeValue) {
	t.Helper()
	if _, err := s.admin().PutItem(t.Context(), &aws.PutItemInput{TableName: &table, Item: i}); err != nil {
		t.Fatal(err)
	}
}

// take takes one out again.
func (s *Stack) take(t testing.TB, table string, i map[string]types.AttributeValue) {
	t.Helper()
	key := map[string]types.AttributeValue{dynamo.Hash: i[dynamo.Hash], dynamo.Range: i[dynamo.Range]}
	if _, err := s.admin().DeleteItem(t.Context(), &aws.DeleteItemInput{TableName: &table, Key: key}); err != nil {
		t.Fatal(err)
	}
}
