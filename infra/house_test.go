// Package infra_test holds the rules of the house: who may import whom, and what every file and every room owes to
// whoever reads it next. Each rule states its reason, and each is shown a planted violation.
package infra_test

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	maxFile     = 500 // lines, tests apart
	maxFunction = 80  // lines, tests apart
)

func TestEveryRoomSaysOnceWhatItPromises(t *testing.T) {
	for _, v := range undocumented(readModule(t)) {
		t.Error(v)
	}
}

func TestFilesAndFunctionsCanBeTakenIn(t *testing.T) {
	for _, s := range readModule(t) {
		for _, v := range s.tooLong() {
			t.Error(v)
		}
	}
}

func TestLintersAreObeyed(t *testing.T) {
	for _, s := range readModule(t) {
		for _, v := range s.silenced() {
			t.Error(v)
		}
	}
}

// undocumented returns the rooms whose package comment is missing or stands in several files. Tests may carry the
// comment of a room that has nothing else.
func undocumented(sources []source) []string {
	comments := map[string][]string{}
	for _, s := range sources {
		room := s.room()
		if s.file.Doc.Text() != "" && (!s.test() || onlyTests(sources, room)) {
			comments[room] = append(comments[room], s.name)
		} else if comments[room] == nil {
			comments[room] = []string{}
		}
	}
	var found []string
	for _, room := range slices.Sorted(maps.Keys(comments)) {
		switch files := comments[room]; len(files) {
		case 0:
			found = append(found, room+" has no package comment: say what it promises and what it doesn't")
		case 1:
		default:
			found = append(found, fmt.Sprintf("%s has several package comments, in %s: they will contradict one another", room, strings.Join(files, ", ")))
		}
	}
	return found
}

func onlyTests(sources []source, room string) bool {
	return !slices.ContainsFunc(sources, func(s source) bool { return s.room() == room && !s.test() })
}

// tooLong returns what of the file doesn't fit into a reader's head.
func (s source) tooLong() []string {
	if s.test() || ast.IsGenerated(s.file) {
		return nil
	}
	var found []string
	if n := s.line(s.file.End()); n > maxFile {
		found = append(found, fmt.Sprintf("%s has %d lines, %d is the limit: look for the second noun inside", s.name, n, maxFile))
	}
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunction {
			found = append(found, fmt.Sprintf("%s:%d: %s has %d lines, %d is the limit: name a part of it", s.name, s.line(f.Pos()), f.Name.Name, n, maxFunction))
		}
	}
	return found
}

// silenced returns the comments that tell a linter to look away.
func (s source) silenced() []string {
	var found []string
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			for _, word := range []string{"//nolint", "// nolint", "//lint:", "#nosec", "//revive:"} {
				if strings.HasPrefix(c.Text, word) || word[0] == '#' && strings.Contains(c.Text, word) {
					found = append(found, fmt.Sprintf("%s:%d: %s: there are few linters, and no exceptions; mend the code, or take the linter out", s.name, s.line(c.Pos()), word))
				}
			}
		}
	}
	return found
}

func TestPlantedDisorderIsSeen(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("\n", n) }
	for _, c := range []struct{ name, text, want string }{
		{"core/a/a.go", "package a", "core/a has no package comment"},
		{"core/a/a.go", "// Package a is one.\npackage a", ""},
		{"core/a/a_test.go", "// Package a_test is one.\npackage a_test", ""},
		{"core/a/a.go", "// Package a is one.\npackage a\nfunc f() {" + lines(maxFunction-1) + "}", ""},
		{"core/a/a.go", "// Package a is one.\npackage a\nfunc f() {" + lines(maxFunction) + "}", "f has 81 lines"},
		{"core/a/a.go", "// Package a is one.\npackage a" + lines(maxFile) + "const b = 1", "a.go has 502 lines"},
		{"core/a/a.go", "// Package a is one.\npackage a" + lines(maxFile-2) + "const b = 1", ""},
		{"core/a/a.go", "// Package a is one.\npackage a //nolint:all", "a.go:2: //nolint"},
		{"core/a/a.go", "// Package a is one.\npackage a //lint:ignore SA1019 b", "a.go:2: //lint:"},
		{"core/a/a.go", "// Package a is one.\npackage a // #nosec", "a.go:2: #nosec"},
	} {
		s, err := parse(c.name, c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(slices.Concat(undocumented([]source{s}), s.tooLong(), s.silenced()), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%.60q: got %q, want %q in it", c.text, got, c.want)
		}
	}

	first, _ := parse("core/a/a.go", "// Package a is one.\npackage a")
	second, _ := parse("core/a/b.go", "// Package a is another.\npackage a")
	if got := undocumented([]source{first, second}); len(got) != 1 || !strings.Contains(got[0], "several package comments") {
		t.Errorf("got %q", got)
	}
}
