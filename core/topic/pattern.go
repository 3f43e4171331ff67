package topic

import "strings"

// Pattern is a name in which each * stands for any run of characters, also an
// empty one and also across segments. It is made by ParsePattern; the zero
// value matches nothing.
type Pattern string

// ParsePattern returns s as a pattern, or a fault of kind Invalid.
func ParsePattern(s string) (Pattern, error) {
	if err := check(s, true); err != nil {
		return "", err
	}
	return Pattern(s), nil
}

// Match reports whether n is one of the names that p stands for.
func (p Pattern) Match(n Name) bool {
	literal, rest, wild := strings.Cut(string(p), "*")
	if !wild {
		return n != "" && string(n) == literal
	}
	name, ok := strings.CutPrefix(string(n), literal)
	if !ok {
		return false
	}
	// Between two stars the leftmost occurrence is as good as any other: what
	// it leaves over contains what a later one would. So nothing is tried
	// twice, and a hostile pattern costs no more than a kind one.
	for {
		literal, rest, wild = strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(name, literal)
		}
		at := strings.Index(name, literal)
		if at < 0 {
			return false
		}
		name = name[at+len(literal):]
	}
}
