package stack

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/directory"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/infra/dynamo"
	"tacet/infra/httpapi/manage/lifetest"
)

// unseen are attributes of the manifest that the life below may not have, and
// why; of a class, all of them.
var unseen = map[string]string{
	"connection dead": "its token does not end with it", "connection due": "its token does not end with it",
	"event country": "no edge tells it here", "connection country": "no edge tells it here", "event code": "nothing is refused", "event tookMicros": "zero is absent",
	"job": "it may be done already", "rollup": "a minute must have passed",
}

// Whatever lies in a table when everything has happened once is listed in the
// manifest: what its keys look like, each attribute, and each member of each
// value, in what is sealed too. And what the manifest says that tables have is
// there.
func TestWhatLiesInTheTablesIsWhatTheManifestLists(t *testing.T) {
	s := begin(t, time.Second)
	l := lifetest.Begin(t, lifetest.Host{Base: s.running.HTTP, Session: s.session})
	address := strings.Replace(s.running.WebSocket, string(s.running.App), l.App, 1)
	l.Speak(t, address)
	leave := l.Stay(t, address)
	l.Ask(t)

	seen := map[string]bool{}
	s.hold(t, seen)
	leave()
	l.Delete(t) // which leaves a job for a while, and a certificate
	s.hold(t, seen)
	for _, c := range privacy.Telemetry.Classes {
		if len(c.Tables) == 0 {
			continue
		}
		if unseen[c.Name] != "" {
			continue
		}
		for name := range privacytest.Columns(privacy.Telemetry, c) {
			what := c.Name + " " + name
			if stays := name == dynamo.Expiry && seen[c.Name+" val"]; !seen[what] && !stays && unseen[what] == "" {
				t.Errorf("the manifest lists %q, and it is in no table", what)
			}
		}
	}
}

// hold holds all that is in the tables against the manifest, and notes what it
// has seen.
func (s *Stack) hold(t *testing.T, seen map[string]bool) {
	t.Helper()
	for _, x := range s.template.Tables {
		items, err := s.tables().Scan(t.Context(), x.Name)
		if err != nil {
			t.Fatal(err)
		}
		table := strings.ToLower(strings.TrimSuffix(x.Name, "Table"))
		for _, i := range items {
			pk, sk := i[dynamo.Hash].(*types.AttributeValueMemberS).Value, i[dynamo.Range].(*types.AttributeValueMemberS).Value
			c, ok := privacytest.Find(privacy.Telemetry, table, pk, sk)
			if !ok {
				t.Errorf("nothing in the manifest lies in %s under %q %q", table, pk, sk)
				continue
			}
			columns := privacytest.Columns(privacy.Telemetry, c)
			for _, name := range slices.Sorted(maps.Keys(i)) {
				seen[c.Name+" "+name] = true
				if _, listed := columns[name]; !listed && name != dynamo.Hash && name != dynamo.Range {
					t.Errorf("%s: %q is not in the manifest", c.Name, name)
				}
			}
			for name, a := range columns {
				if v, ok := i[name].(*types.AttributeValueMemberS); ok && !privacytest.Fits(a.Transform, v.Value) {
					t.Errorf("%s: %q is not %s", c.Name, name, a.Transform)
				}
			}
			if v, ok := i["val"].(*types.AttributeValueMemberB); ok {
				for _, p := range privacytest.Value(c, v.Value, lifetest.Open(t, s.accounts, directory.Key{Part: directory.Part{Kind: directory.Kind(pk[0]), ID: pk[2:]}, Name: sk})) {
					t.Error(p)
				}
			}
		}
	}
}
