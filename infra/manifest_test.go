package infra_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tacet/core/privacy"
)

// Each class of the manifest is held against the types that are stored, beside these types.
func TestEveryClassOfTheManifestIsHeldAgainstTypes(t *testing.T) {
	asked := map[string]bool{"log": true} // what a log holds has no type
	for _, s := range readModule(t) {
		if !s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Class" && isName(f.X, "privacytest") {
				if name, ok := call.Args[1].(*ast.BasicLit); ok && name.Kind == token.STRING {
					text, _ := strconv.Unquote(name.Value) // the parser has done it before
					asked[text] = true
				}
			}
			return true
		})
	}
	for _, c := range privacy.Telemetry.Classes {
		if !asked[c.Name] {
			t.Errorf("no test holds the class %q against the types that are stored: call privacytest.Class beside them", c.Name)
		}
	}
}

func isName(x ast.Expr, name string) bool {
	i, ok := x.(*ast.Ident)
	return ok && i.Name == name
}

// Whoever keeps something reads it, too, and accounts read all that they keep through a few generic functions. So a type
// that nobody holds against the manifest is found by who reads it.
func TestNothingIsReadOfAnAccountThatNobodyHoldsAgainstTheManifest(t *testing.T) {
	readers := []string{"read", "decode", "open", "openJSON"}
	handedOut := []string{"session", "pass"} // nobody keeps these: they are sealed, and whoever signs in has them
	parameters := []string{"R", "V", "string"}
	var read []string
	held := map[string]bool{}
	for _, s := range readModule(t) {
		if s.room() != "core/account" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			x, ok := n.(*ast.IndexExpr)
			if !ok {
				return true
			}
			switch f := x.X.(type) {
			case *ast.Ident:
				if !s.test() && slices.Contains(readers, f.Name) {
					read = append(read, nameOf(x.Index))
				}
			case *ast.SelectorExpr:
				if strings.HasSuffix(s.name, "/manifest_test.go") && f.Sel.Name == "TypeFor" {
					held[nameOf(x.Index)] = true
				}
			}
			return true
		})
	}
	for _, name := range read {
		if !held[name] && !slices.Contains(handedOut, name) && !slices.Contains(parameters, name) {
			t.Errorf("core/account reads a %s, and manifest_test.go there does not hold it against the manifest", name)
		}
	}
	for _, name := range []string{"accountRecord", "Entry", "session"} {
		if !slices.Contains(read, name) {
			t.Errorf("nothing reads a %s: what is looked for is not what there is", name)
		}
	}
}

// nameOf returns the name of the type that lists of it are made of.
func nameOf(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.ArrayType:
		return nameOf(x.Elt)
	case *ast.Ident:
		return x.Name
	}
	return "type without a name"
}
