package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxTemplate is the most that is read, in bytes. CloudFormation takes 1 MB.
const maxTemplate = 4 << 20

// Options are what a template does not say itself. All may be empty.
type Options struct {
	// Parameters are values of parameters, instead of their defaults. One that is
	// named as "Resource.Attribute" is what Fn::GetAtt gives for it, and one as
	// "ImportValue.Name" what Fn::ImportValue does.
	Parameters map[string]string
	Region     string // "us-east-1" if empty
	AccountID  string // "000000000000" if empty
	StackName  string // "local" if empty
}

// Template is what was read. Lists are in the order of the template.
type Template struct {
	Dir           string // the folder that relative paths in it are relative to
	Region        string
	AccountID     string
	Parameters    []Parameter
	Functions     []*Function
	WebSocketAPIs []*WebSocketAPI
	HTTPAPIs      []*HTTPAPI
	Tables        []*Table
	Outputs       map[string]string // those that are known
	// Resources are all that there are, and whose condition is not false.
	Resources []Resource
	// Unsupported is what nobody here imitates.
	Unsupported []Finding
}

// Resource is any resource, as it stands in the template.
type Resource struct {
	ID, Type string
	Line     int
	// Properties have their intrinsic functions evaluated: text for all
	// scalars, []any, map[string]any, and Unknown.
	Properties map[string]any
}

// Finding is something about a line of the template.
type Finding struct {
	Line int
	Text string
}

// String returns "line 12: …".
func (f Finding) String() string { return fmt.Sprintf("line %d: %s", f.Line, f.Text) }

// Findings are several.
type Findings []Finding

// Err returns nil if there are none, else an error that says them all.
func (all Findings) Err() error {
	var errs []error
	for _, f := range all {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}

// Read reads a template from a file.
func Read(file string, o Options) (*Template, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxTemplate+1))
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	t, err := Parse(text, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if t.Dir, err = filepath.Abs(filepath.Dir(file)); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	return t, nil
}

// Parse reads a template. Its Dir is empty.
func Parse(text []byte, o Options) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template is longer than %d MB", maxTemplate>>20)
	}
	if json.Valid(text) {
		// YAML is a superset of JSON but for tabs, which JSON has between values only.
		text = bytes.ReplaceAll(text, []byte{'\t'}, []byte{' '})
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("this is neither YAML nor JSON: %s", withoutText(err))
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, errors.New("the template is empty")
	}
	e, err := newEvaluator(document.Content[0], o)
	if err != nil {
		return nil, err
	}
	return e.template()
}

var yamlLine = regexp.MustCompile(`line \d+: [a-z ,']+`)

// withoutText returns what is wrong with a document, without anything of the
// document: somebody may have named the wrong file.
func withoutText(err error) string {
	if text := yamlLine.FindString(err.Error()); text != "" {
		return strings.TrimSpace(text)
	}
	return "it cannot be parsed"
}

// template reads what there is of everything.
func (e *evaluator) template() (*Template, error) {
	t := &Template{Region: e.region, AccountID: e.account, Parameters: e.parameterList(), Outputs: map[string]string{}}
	b := newBuilder(e, t)
	for _, r := range e.resources {
		properties, _ := plain(r.properties).(map[string]any)
		t.Resources = append(t.Resources, Resource{r.id, r.kind, r.line, properties})
		if read := readers[r.kind]; read != nil {
			read(b, r)
		} else if !silent(r.kind) {
			b.unsupported(r.line, "%s (%s)", r.id, r.kind)
		}
	}
	b.link()
	outputs := e.section("Outputs")
	for i, name := range outputs.names {
		if v := outputs.items[i].get("Value"); v.kind == scalar {
			t.Outputs[name] = v.text
		}
	}
	if e.budget <= 0 {
		return nil, errTooMuch
	}
	t.Unsupported = append(t.Unsupported, e.findings...)
	return t, nil
}

var errTooMuch = errors.New("the template unfolds to more than anybody could have meant")

// readers read the resources that are understood.
var readers map[string]func(*builder, *resource)

func init() {
	readers = map[string]func(*builder, *resource){
		kindSAMFunction:        (*builder).samFunction,
		kindFunction:           (*builder).lambdaFunction,
		kindTable:              (*builder).table,
		kindSimpleTable:        (*builder).simpleTable,
		kindSAMWebSocket:       (*builder).samWebSocket,
		kindSAMHTTP:            (*builder).samHTTP,
		kindAPI:                (*builder).api,
		kindRoute:              (*builder).route,
		kindIntegration:        (*builder).integration,
		kindRouteResponse:      (*builder).routeResponse,
		kindStage:              (*builder).stage,
		kindAuthorizer:         (*builder).authorizer,
		kindPermission:         (*builder).permission,
		kindRole:               (*builder).role,
		kindPolicy:             (*builder).attachedPolicy,
		kindRolePolicy:         (*builder).attachedPolicy,
		kindManagedPolicy:      (*builder).attachedPolicy,
		kindEventSource:        (*builder).eventSource,
		kindMapping:            (*builder).domain,
		kindDomain:             (*builder).domain,
		kindModel:              (*builder).model,
		kindLayer:              (*builder).layer,
		kindSAMLayer:           (*builder).layer,
		"AWS::Serverless::Api": (*builder).rest,
	}
}
