package topic_test

import (
	"regexp"
	"strings"
	"testing"

	"tacet/core/topic"
)

func TestPatternMatchesItsNames(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "main", true},
		{"*", "secure/a/b", true},
		{"main", "main", true},
		{"main", "mainly", false},
		{"secure/*", "secure/inbound", true},
		{"secure/*", "securely", false},
		{"*/room", "chat/room", true},
		{"*/room", "chat/rooms", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "acb", false},
		{"ab*ba", "aba", false}, // one b cannot be used twice
		{"ab*ba", "abba", true},
		{"**", "x", true},
		{"a*a", "a", false},
	} {
		p, err := topic.ParsePattern(c.pattern)
		if err != nil {
			t.Fatalf("ParsePattern(%q): %v", c.pattern, err)
		}
		if got := p.Match(topic.Name(c.name)); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

func TestTheZeroPatternMatchesNothing(t *testing.T) {
	if topic.Pattern("").Match("main") || topic.Pattern("").Match("") {
		t.Error("the zero pattern matches")
	}
}

func TestPatternsAreCheckedLikeNames(t *testing.T) {
	for _, s := range []string{"", "a b", "/x*", strings.Repeat("*", 257), "x//*"} {
		if _, err := topic.ParsePattern(s); err == nil {
			t.Errorf("ParsePattern(%q) was accepted", s)
		}
	}
}

// FuzzMatch runs the matcher beside the regular expression that says the same.
func FuzzMatch(f *testing.F) {
	f.Add("a*b", "a/x/b")
	f.Add("ab*ba", "aba")
	f.Add("***a", "a")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := topic.ParsePattern(pattern)
		n, nameErr := topic.Parse(name)
		if err != nil || nameErr != nil {
			return
		}
		plain := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
		if got, want := p.Match(n), plain.MatchString(name); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}

// FuzzParse holds every accepted name against the rules in their shortest form.
func FuzzParse(f *testing.F) {
	f.Add("secure/inbound")
	f.Add("a//b")
	legal := regexp.MustCompile(`^[A-Za-z0-9_\-=@,.;:]+(/[A-Za-z0-9_\-=@,.;:]+)*$`)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := topic.Parse(s)
		ok := legal.MatchString(s) && len(s) <= topic.MaxLength && s != "secure" && s != "priv" && s != "tacet" && !strings.HasPrefix(s, "tacet/")
		if (err == nil) != ok {
			t.Fatalf("Parse(%q) = %q, %v; legal: %v", s, n, err, ok)
		}
	})
}
