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
	asked := map[string]bool{"log": true, "trace": true} // what these hold has no type; see below, and infra/local/tracing
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

// Rooms of hosts for development: what they log is seen by whoever develops, and nobody else is served by them.
var development = []string{
	"infra/local/apihost", "infra/local/dynamodb", "infra/local/guard", "infra/local/httpgateway", "infra/local/iam", "infra/local/kms", "infra/local/runtime",
	"infra/local/signature", "infra/local/stack", "infra/local/stream", "infra/local/template", "infra/load", "infra/estimate", "infra/scenario", "infra/tacet",
}

// What a log holds has no type, but names: those that stand as texts where something is logged.
func TestTheManifestListsWhatIsLogged(t *testing.T) {
	logs, _ := privacy.Telemetry.Class("log")
	listed := map[string]bool{}
	for _, a := range logs.Attributes {
		listed[a.Field] = false
	}
	for _, s := range readModule(t) {
		if s.test() || within(s.room(), development) || strings.HasSuffix(s.room(), "test") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, name := range logged(call) {
				if _, ok := listed[name]; !ok {
					t.Errorf("%s:%d logs %q, which the manifest does not list under the class log", s.name, s.line(call.Pos()), name)
				}
				listed[name] = true
			}
			return true
		})
	}
	for name, found := range listed {
		if !found && !slices.Contains([]string{"time", "level", "msg"}, name) { // which every record has
			t.Errorf("the manifest says that %q is logged, and nobody does", name)
		}
	}
}

// logged returns the names of what a call gives to a log: the first text of slog's attributes, and every other argument
// after the message of a logger's methods.
func logged(call *ast.CallExpr) (names []string) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return nil
	}
	attributes := []string{"Any", "Bool", "Duration", "Float64", "Group", "Int", "Int64", "String", "Time", "Uint64"}
	methods := map[string]int{"Debug": 1, "Info": 1, "Warn": 1, "Error": 1, "DebugContext": 2, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2}
	first, isMethod := methods[f.Sel.Name]
	switch {
	case isName(f.X, "slog") && slices.Contains(attributes, f.Sel.Name):
		names = append(names, textOf(call.Args[0]))
	case isMethod && len(call.Args) > first && textOf(call.Args[first-1]) != "":
		for i := first; i < len(call.Args); i += 2 {
			names = append(names, textOf(call.Args[i]))
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func textOf(x ast.Expr) string {
	if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		text, _ := strconv.Unquote(lit.Value) // the parser has done it before
		return text
	}
	return ""
}
