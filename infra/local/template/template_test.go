package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacet/infra/local/template"
)

var update = flag.Bool("update", false, "write the golden files")

// What is read of a template is held against a file, but for what is zero and
// for Resources.
func TestTemplatesAreReadAsTheyAlwaysWere(t *testing.T) {
	for _, name := range []string{"chat", "rooms"} {
		t.Run(name, func(t *testing.T) {
			read, err := template.Read(filepath.Join("testdata", name+".yaml"), template.Options{Region: "eu-west-1", AccountID: "111122223333"})
			if err != nil {
				t.Fatal(err)
			}
			read.Dir, read.Resources = "", nil
			got := lean(t, read)
			file := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// lean returns a value as JSON without what is zero in it.
func lean(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(withoutZeros(tree)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func withoutZeros(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, item := range v {
			item = withoutZeros(item)
			if m, ok := item.(map[string]any); item == nil || item == "" || item == false || item == float64(0) || ok && len(m) == 0 {
				delete(v, name)
			} else {
				v[name] = item
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutZeros(v[i])
		}
	}
	return v
}

// The same template in JSON, with tabs, is the same template.
func TestJSONIsReadLikeYAML(t *testing.T) {
	const inJSON = "{\n\t\"Resources\": {\n\t\t\"T\": {\"Type\": \"AWS::Serverless::SimpleTable\",\n\t\t\"Properties\": {\"TableName\": {\"Fn::Sub\": \"${AWS::StackName}-\\u00e9\"}}}}\n}"
	read, err := template.Parse([]byte(inJSON), template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if table := read.Table("T"); table == nil || table.Name != "local-é" || table.Line != 3 || table.Key.Hash != (template.Attribute{Name: "id", Type: "S"}) {
		t.Errorf("%+v", table)
	}
}

func TestAParameterOverridesItsDefault(t *testing.T) {
	read, err := template.Read("testdata/rooms.yaml", template.Options{Parameters: map[string]string{
		"Environment": "prod", "Secret": "s", "Elsewhere.Arn": "arn:aws:s3:::elsewhere",
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := read.Function("RoomFunction")
	if f.Memory != 1024 || f.Env["SECRET"] != "s" || len(f.Unset) > 0 || f.Env["TABLE"] != "" {
		t.Errorf("%+v", f)
	}
	if read.Table("Rooms") != nil || read.Table("Archive") == nil {
		t.Error("the conditions are as they were")
	}
	if stage := read.WebSocketAPI("Chat").Stage(""); stage.Name != "prod-v1" {
		t.Errorf("%+v", stage)
	}
	last := f.Role.Statements[len(f.Role.Statements)-1]
	if !last.Deny || len(last.Findings) > 0 || last.Resources[0] != "arn:aws:s3:::elsewhere" {
		t.Errorf("%+v", last)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, c := range []struct{ text, parameter, want string }{
		{"", "", "the template is empty"},
		{"a: [", "", "neither YAML nor JSON"},
		{"hello", "", "no Resources section"},
		{"Resources: {}", "Color", "no parameter Color; it has none"},
		{"Parameters: {Colour: {Type: String}}\nResources: {}", "Color", "no parameter Color; it has Colour"},
		{"Parameters:\n  Colour: {Type: String, AllowedValues: [red, blue]}\nResources: {}", "Colour", "line 2: the parameter Colour can be red, blue"},
	} {
		o := template.Options{}
		if c.parameter != "" {
			o.Parameters = map[string]string{c.parameter: "green"}
		}
		if _, err := template.Parse([]byte(c.text), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := template.Read("testdata/nowhere.yaml", template.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Somebody may name the wrong file: nothing of it must be shown.
func TestAnErrorQuotesNothingOfTheFile(t *testing.T) {
	for _, text := range []string{"hush: : [", "- hush\nhush: 1", "\thush", "%hush", "hush: *hush", "hush: !<hush", "\"hush"} {
		if _, err := template.Parse([]byte(text), template.Options{}); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Aliases within aliases, once as Globals and once as a function's own: what
// SAM merges of them would fill any machine.
func TestGlobalsThatUnfoldWithoutEndAreRefused(t *testing.T) {
	var text strings.Builder
	for _, side := range []string{"g", "l"} {
		fmt.Fprintf(&text, "%s0: &%[1]s0 {a: 1}\n", side)
		for depth := range 12 {
			fmt.Fprintf(&text, "%s%d: &%[1]s%[2]d {", side, depth+1)
			for _, key := range "abcdefgh" {
				fmt.Fprintf(&text, "%c: *%s%d, ", key, side, depth)
			}
			text.WriteString("}\n")
		}
	}
	text.WriteString("Globals: {Function: {Environment: {Variables: *g12}}}\n" +
		"Resources: {F: {Type: 'AWS::Serverless::Function', Properties: {Environment: {Variables: *l12}}}}\n")
	if _, err := template.Parse([]byte(text.String()), template.Options{}); err == nil || !strings.Contains(err.Error(), "unfolds") {
		t.Errorf("got %v", err)
	}
}
