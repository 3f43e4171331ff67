package scenario

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// Scenario is one conversation, understood but not yet played.
type Scenario struct {
	Name  string // "errors/a topic with a space"
	Needs []Fact
	lines []line
}

// line is one line of a file.
type line struct {
	at     string // "errors.txtar:12"
	text   string
	repeat int
	do     action
}

// action is what a line does when it is played.
type action func(*player) error

// Parse returns the conversations of a file in txtar format. The error names
// the file and line of everything that was not understood.
func Parse(file string, data []byte) ([]Scenario, error) {
	var all []Scenario
	var wrong []string
	archive := txtar.Parse(data)
	no := strings.Count(string(archive.Comment), "\n") + 1
	for _, part := range archive.Files {
		s := Scenario{Name: strings.TrimSuffix(path.Base(file), ".txtar") + "/" + part.Name}
		for text := range strings.SplitSeq(strings.TrimSuffix(string(part.Data), "\n"), "\n") {
			no++
			if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
				continue
			}
			at := fmt.Sprintf("%s:%d", path.Base(file), no)
			if err := s.add(at, text); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %s\n\t%s", at, err, text))
			}
		}
		no++ // the marker of the next part
		if len(s.lines) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: nobody says anything in %q", file, part.Name))
		}
		all = append(all, s)
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return all, nil
}

// add takes one line over.
func (s *Scenario) add(at, text string) error {
	if facts, ok := strings.CutPrefix(text, "needs:"); ok {
		if len(s.lines) > 0 || s.Needs != nil {
			return fmt.Errorf("needs: is the first line of a conversation, or missing")
		}
		for fact := range strings.FieldsSeq(facts) {
			f := Fact(fact)
			if err := f.check(); err != nil {
				return err
			}
			s.Needs = append(s.Needs, f)
		}
		return nil
	}
	l := line{at: at, text: text, repeat: 1}
	rest := text
	if times, ok := strings.CutPrefix(text, "repeat "); ok {
		count, what, _ := strings.Cut(times, ":")
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return fmt.Errorf("repeat is followed by a number and a colon")
		}
		l.repeat, rest = n, strings.TrimSpace(what)
	}
	var err error
	l.do, err = understand(rest)
	s.lines = append(s.lines, l)
	return err
}

// understand returns what a line means.
func understand(text string) (action, error) {
	r := &reader{text: text, words: split(text)}
	var do action
	switch who := r.word("a name"); who {
	case "api":
		do = r.one(apiVerbs)("")
	case "nobody":
		r.literal("hears")
		r.literal("anything")
		do = (*player).silence
	default:
		do = r.one(personVerbs)(who)
	}
	if r.err == nil && len(r.words) > 0 {
		r.fail("what does %s mean here?", r.words[0].text)
	}
	return do, r.err
}

// verb reads the rest of a line about who.
type verb func(r *reader, who string) action

// one reads a word that is one of the table's verbs.
func (r *reader) one(table map[string]verb) func(who string) action {
	name := r.word("a verb")
	v, ok := table[name]
	if !ok {
		r.fail("nobody knows the verb %q", name)
		return func(string) action { return nil }
	}
	return func(who string) action { return v(r, who) }
}
