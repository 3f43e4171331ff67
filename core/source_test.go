//go:build !wasm

package core_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file of core.
type source struct {
	name     string // "topic/name.go"
	test     bool   // a test file
	forTests bool   // in a package that exists for tests, such as pubsub/pubsubtest
	fset     *token.FileSet
	file     *ast.File
}

func parse(name string, text any) (source, error) {
	s := source{
		name:     filepath.ToSlash(name),
		test:     strings.HasSuffix(name, "_test.go"),
		forTests: strings.HasSuffix(filepath.Dir(name), "test"),
		fset:     token.NewFileSet(),
	}
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, 0)
	return s, err
}

// readCore returns every Go file of core, whatever its build tags.
func readCore(t *testing.T) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		s, err := parse(name, nil)
		sources = append(sources, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func violations(s source) []string {
	if s.test {
		return s.strangers()
	}
	return append(s.forbidden(), s.strangers()...)
}

// forbidden returns the file's violations of imports and uses.
func (s source) forbidden() []string {
	var found []string
	complain := func(node ast.Node, verb, what string, bans []ban) {
		for _, b := range bans {
			if b.covers(what) {
				at := s.fset.Position(node.Pos())
				found = append(found, fmt.Sprintf("%s:%d %s %s: %s", s.name, at.Line, verb, what, b.because))
			}
		}
	}
	packages := map[string]string{} // by the name that the file has for it
	for _, spec := range s.file.Imports {
		imported := importPath(spec)
		complain(spec, "imports", imported, imports)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = path.Base(imported)
		if name == "." {
			found = append(found, fmt.Sprintf("%s imports %s with a dot, which hides what it uses", s.name, imported))
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			// An identifier with an Obj is a variable that shadows the package.
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && packages[x.Name] != "" {
				complain(sel, "uses", packages[x.Name]+"."+sel.Sel.Name, uses)
			}
		}
		return true
	})
	return found
}

// strangers returns the file's imports of modules that are on no list, or only on that of the tests.
func (s source) strangers() []string {
	allowed := modules
	if s.test || s.forTests {
		allowed = slices.Concat(modules, testModules)
	}
	var found []string
	for _, spec := range s.file.Imports {
		if p := importPath(spec); thirdParty(p) && !slices.ContainsFunc(allowed, func(m string) bool { return within(p, m) }) {
			found = append(found, fmt.Sprintf("%s imports %s, whose module is not on the list for this file", s.name, p))
		}
	}
	return found
}

func (b ban) covers(what string) bool {
	return !slices.Contains(b.but, what) && slices.ContainsFunc(b.what, func(w string) bool {
		tree, ok := strings.CutSuffix(w, "/...")
		return what == w || ok && within(what, tree)
	})
}

func thirdParty(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(first, ".")
}

func within(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value) // the parser has done it before
	return p
}
