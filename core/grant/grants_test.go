package grant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"tacet/core/grant"
	"tacet/core/topic"
)

func mustGrants(t testing.TB, permissions ...string) grant.Grants {
	t.Helper()
	g, err := grant.NewGrants(permissions)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGrantsAllowWhatTheyNameAndNoMore(t *testing.T) {
	const w, r = "realtime:publisher:write:topic:", "realtime:subscriber:read:topic:"
	for _, c := range []struct {
		permission    string
		name          topic.Name
		publish, read bool
	}{
		{w + "*", "main", true, false},
		{w + "*", "secure/inbound", true, false},
		{w + "*", "priv/alice", true, false},
		{r + "*", "secure/a", false, true},
		{w + "chat", "chat", true, false},
		{w + "chat", "chats", false, false},
		{w + "chat/*", "chat/room", true, false},
		{w + "chat/*", "chat", false, false},
		{w + "*/room", "chat/room", true, false},
		{r + "secure/*", "secure/a/b", false, true},
		{r + "secure/*", "securely", false, false},
		{w + "priv/auth0:7", "priv/auth0:7", true, false},
		{w + "a:b:*", "a:b:c", true, false},
		// None of these is an entry that is known.
		{w, "main", false, false},
		{"*", "main", false, false},
		{"realtime:*", "main", false, false},
		{"realtime:publisher:write:*", "main", false, false},
		{"realtime:publisher:write:topic", "main", false, false},
		{"realtime:publisher:read:topic:*", "main", false, false},
		{"realtime:subscriber:write:topic:*", "main", false, false},
		{"Realtime:publisher:write:topic:*", "main", false, false},
		{" " + w + "*", "main", false, false},
		{w + " *", "main", false, false},
		{w + "main ", "main", false, false},
		{w + "[a-z]*", "main", false, false},
		{w + ".*", "main", false, false},
		{w + "MAIN", "main", false, false},
		{w + "/*", "main", false, false},
	} {
		t.Run(c.permission+" "+string(c.name), func(t *testing.T) {
			// Neighbours must neither help nor hinder.
			g := mustGrants(t, "other", c.permission, "realtime:x")
			if publish, read := g.MayPublish(c.name), g.MayRead(c.name); publish != c.publish || read != c.read {
				t.Errorf("publish %v, read %v; want %v, %v", publish, read, c.publish, c.read)
			}
		})
	}
}

func TestPermissionsAreMadeAsTheyAreRead(t *testing.T) {
	g := mustGrants(t, grant.Write("a/*"), grant.Read("secure/b"))
	if !g.MayPublish("a/x") || !g.MayRead("secure/b") || g.MayRead("a/x") || g.MayPublish("secure/b") {
		t.Errorf("%q mean something else", g.Permissions())
	}
}

func TestActionsNeedTheirOwnEntry(t *testing.T) {
	all := []grant.Action{grant.ManageConnections, grant.ManageSubscribers, grant.ManageApplication}
	for _, held := range all {
		g := mustGrants(t, "x", string(held))
		for _, asked := range all {
			if g.May(asked) != (held == asked) {
				t.Errorf("%s allows %s: %v", held, asked, g.May(asked))
			}
		}
	}
	g := mustGrants(t, "realtime:admin:manage:*", "realtime:admin:manage", "realtime:publisher:write:topic:*")
	for _, a := range append(all, "", "x") {
		if g.May(a) {
			t.Errorf("%q is allowed without an entry", a)
		}
	}
}

func TestTheZeroGrantsAllowNothing(t *testing.T) {
	var g grant.Grants
	if g.MayPublish("main") || g.MayRead("main") || g.May(grant.ManageApplication) || g.May("") || g.MayPublish("") {
		t.Error("the zero value allows something")
	}
	if p := g.Permissions(); p == nil || len(p) != 0 {
		t.Errorf("Permissions = %#v, want an empty list", p)
	}
}

func TestGrantsSurviveAStore(t *testing.T) {
	g := mustGrants(t, "realtime:publisher:write:topic:*", "unknown entry", "ä")
	if again := mustGrants(t, g.Permissions()...); again != g {
		t.Errorf("%q came back as %q", g.Permissions(), again.Permissions())
	}
}

func TestEqualPermissionsAreKeptOnce(t *testing.T) {
	a, b := mustGrants(t, "x", "y"), mustGrants(t, "x", "y")
	if a != b || unsafe.Sizeof(a) != unsafe.Sizeof(uintptr(0)) {
		t.Errorf("%d bytes each, equal: %v", unsafe.Sizeof(a), a == b)
	}
	if a == mustGrants(t, "y", "x") || a == mustGrants(t, "x") {
		t.Error("different lists are one")
	}
}

func TestPermissionsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 400)
	for name, c := range map[string]struct {
		list []string
		ok   bool
	}{
		"as many as allowed":       {slices.Repeat([]string{"x"}, grant.MaxPermissions), true},
		"one more":                 {slices.Repeat([]string{"x"}, grant.MaxPermissions+1), false},
		"as long as allowed":       {slices.Repeat([]string{long}, 10), true},
		"longer":                   {slices.Repeat([]string{long}, 11), false},
		"long by JSON's escapes":   {slices.Repeat([]string{strings.Repeat("<", 400)}, 3), false},
		"one that is far too long": {[]string{strings.Repeat("x", 1<<20)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := grant.NewGrants(c.list)
			switch {
			case c.ok && err != nil:
				t.Error(err)
			case !c.ok && (grant.ReasonOf(err) != grant.TooManyPermissions || g != (grant.Grants{})):
				t.Errorf("got %v, want a refusal", err)
			}
		})
	}
}

// Grants hold patterns that nobody parsed. Whatever stands there, a name must
// match only where the parsed pattern does.
func FuzzGrants(f *testing.F) {
	f.Add("a*b", "a/x/b")
	f.Add("x//*", "x/y")
	f.Add(strings.Repeat("*", 300), "main")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		n, err := topic.Parse(name)
		if err != nil {
			return
		}
		g, err := grant.NewGrants([]string{"realtime:publisher:write:topic:" + pattern})
		if err != nil {
			return
		}
		p, err := topic.ParsePattern(pattern)
		if got, want := g.MayPublish(n), err == nil && p.Match(n); got != want {
			t.Fatalf("%q allows %q: %v, want %v", pattern, name, got, want)
		}
	})
}

func BenchmarkMayPublish(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("realtime:publisher:write:topic:r/%d", i)
		}
		list[n-1] = "realtime:publisher:write:topic:*"
		g := mustGrants(b, list...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.MayPublish("chat/room")
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []grant.Algorithm{grant.HS256, grant.ES256, grant.RS256, grant.EdDSA} {
		keys := []grant.Key{mustKey(b, alg, pairFor(alg).public)}
		token := mustSign(b, alg, pairFor(alg).private, grant.Claims{Subject: "alice", Permissions: []string{
			"realtime:publisher:write:topic:*", "realtime:subscriber:read:topic:*",
		}})
		b.Run(string(alg), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := grant.Verify(keys, token, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
