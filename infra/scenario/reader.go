package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// word is one word of a line, with where it begins.
type word struct {
	text string
	at   int
}

// split cuts a line into words. A word that begins with a quote, a bracket or a
// brace ends where that is closed; it need not be well-formed inside.
// What is never closed goes on to the end of the line.
func split(text string) []word {
	var words []word
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' {
			i++
			continue
		}
		n := end(text[i:])
		words = append(words, word{text[i : i+n], i})
		i += n
	}
	return words
}

// end returns the length of the word that text begins with.
func end(text string) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[', c == '(':
			depth++
		case c == '}', c == ']', c == ')':
			depth--
		case depth <= 0 && (c == ' ' || c == '\t'):
			return i
		}
	}
	return len(text)
}

// reader reads the words of a line one after the other. After its first
// mistake it says nothing but that.
type reader struct {
	text  string
	words []word
	err   error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// word reads any word; what says what it is to a person who forgot it.
func (r *reader) word(what string) string {
	if len(r.words) == 0 {
		r.fail("the line ends where %s should be", what)
		return ""
	}
	w := r.words[0].text
	r.words = r.words[1:]
	return w
}

// literal reads one certain word.
func (r *reader) literal(want string) {
	if got := r.word(want); got != want {
		r.fail("%q should be %q", got, want)
	}
}

// take reads the words if they are next, and reports whether they were.
func (r *reader) take(want ...string) bool {
	if len(r.words) < len(want) {
		return false
	}
	for i, w := range want {
		if r.words[i].text != w {
			return false
		}
	}
	r.words = r.words[len(want):]
	return true
}

// more reports whether there is a next word which is none of those.
func (r *reader) more(except ...string) bool {
	if r.err != nil || len(r.words) == 0 {
		return false
	}
	for _, e := range except {
		if r.words[0].text == e {
			return false
		}
	}
	return true
}

// rest reads all that is left of the line, as it stands.
func (r *reader) rest() string {
	if len(r.words) == 0 {
		r.fail("the line ends too early")
		return ""
	}
	s := r.text[r.words[0].at:]
	r.words = nil
	return s
}

func (r *reader) number(what string) int {
	n, err := strconv.Atoi(r.word(what))
	if err != nil {
		r.fail("%s should be a number", what)
	}
	return n
}

// quoted reads a text in quotes if one is next, else it returns "".
func (r *reader) quoted() string {
	if !r.more() || !strings.HasPrefix(r.words[0].text, `"`) {
		return ""
	}
	s, err := strconv.Unquote(r.word("a text"))
	if err != nil {
		r.fail("that is no text in quotes")
	}
	return s
}
