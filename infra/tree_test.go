package infra_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of the module, whatever its build tags.
type source struct {
	name string // "core/topic/name.go"
	fset *token.FileSet
	file *ast.File
}

func parse(name string, text any) (source, error) {
	s := source{name: name, fset: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// readModule returns every Go file of the module. It reads them in the test's own process, not through the go command:
// that way the test cache knows what the result depends on.
func readModule(t *testing.T) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".."
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".go":
			return nil
		}
		s, err := parse(file, nil)
		s.name = strings.TrimPrefix(filepath.ToSlash(file), "../")
		sources = append(sources, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// room returns the folder of the file: "core/topic".
func (s source) room() string { return path.Dir(s.name) }

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// imports returns what the file imports, the module's own packages by their rooms.
func (s source) imports() []string {
	var imported []string
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has done it before
		imported = append(imported, strings.TrimPrefix(p, "tacet/"))
	}
	return imported
}

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }
