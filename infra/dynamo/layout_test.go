package dynamo_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/ledger"
	"tacet/core/ledger/ledgertest"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/topic"
	"tacet/infra/dynamo"
)

var rewrite = flag.Bool("update", false, "write what rests in the tables to testdata")

// What rests is found by functions that run beside older ones for a while, so a
// change of it is to be seen.
func TestItemsRestAsTheyAlwaysDid(t *testing.T) {
	const golden = "testdata/items.txt"
	s := newScene(t)
	must(t, s.one.Address.UnmarshalText([]byte("truncate/1/203.0.113.0/24")))
	s.one.Country = "DE"
	must(t, s.stores.Connections.Add(s.ctx, s.one, pubsub.Quota{}))
	for _, d := range deeds {
		if d.name == "secret" || d.name == "record" {
			_, err := d.do(s)
			must(t, err)
		}
	}
	s.names["ledger"] = table(t, "ledger")
	must(t, dynamo.NewLedger(client(local.Endpoint, nil), s.names["ledger"], s.clock.Now).Append(s.ctx, ledgertest.Entry(1, ledger.Deletion, ledger.Completed, s.clock.Now())))
	_, err := dynamo.NewDirectory(client(local.Endpoint, nil), s.names["directory"], s.clock.Now).Apply(s.ctx,
		directory.Put(in("member/1"), []byte("sealed"), time.Time{}, directory.IfAbsent),
		directory.Put(in("once/1"), []byte("sealed"), s.clock.Now().Add(time.Hour), directory.IfAbsent))
	must(t, err)
	got := strings.Join(s.rest(), "\n") + "\n"
	if *rewrite {
		must(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if got != string(want) {
		t.Errorf("it is\n%s\nand was\n%s", got, want)
	}
}

func TestACrowdIsSpreadOverPartitions(t *testing.T) {
	clock, names := pubsubtest.NewClock(), local.Create(t, "realtime")
	s := stores(client(local.Endpoint, nil), names, clock)
	for i := range 60 {
		c := &pubsub.Connection{ID: connID(fmt.Sprint("c", i)), App: pubsubtest.AppA, Expires: clock.Now().Add(time.Hour)}
		c.Subject = "guest"
		if i < 30 {
			c.Subject = grant.Subject(fmt.Sprint("s", i))
		}
		must(t, s.Connections.Add(t.Context(), c, pubsub.Quota{}))
		must(t, s.Subscriptions.Subscribe(t.Context(), c, "news", 0))
		must(t, s.Subscriptions.Subscribe(t.Context(), c, topic.Inbound, 0))
	}
	parts := map[string]map[string]bool{}
	for _, i := range local.Scan(t, names["realtime"]) {
		pk, sk := show(i[dynamo.Hash]), show(i[dynamo.Range])
		kind := pk[1:2]
		if kind == "t" {
			kind, _, _ = strings.Cut(sk[1:], `\n`)
		}
		if parts[kind] == nil {
			parts[kind] = map[string]bool{}
		}
		parts[kind][pk] = true
	}
	for kind, want := range map[string]int{"c": 60, "m": 4, "news": 4, "secure/inbound": 1} {
		if got := len(parts[kind]); got != want {
			t.Errorf("%s is in %d partitions, want %d", kind, got, want)
		}
	}
}
