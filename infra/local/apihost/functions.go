package apihost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"tacet/infra/local/gateway"
	"tacet/infra/local/runtime"
	"tacet/infra/local/template"
)

// functions are those of the template, run here.
type functions struct {
	host   *runtime.Host
	h      *Host
	built  map[string]string // folders of sam build, by function
	failed map[string]error  // those that cannot be run
}

// addFunctions makes all functions of the template known: what a route leads to
// may invoke others.
func (h *Host) addFunctions(built map[string]string) (*functions, error) {
	host, err := runtime.New(runtime.Options{
		Region: h.opts.Template.Region, AccountID: h.opts.Template.AccountID, Env: h.common, Output: h.opts.Output, Log: h.opts.FunctionLog,
	})
	if err != nil {
		return nil, err
	}
	fs := &functions{host: host, h: h, built: built, failed: map[string]error{}}
	for _, f := range h.opts.Template.Functions {
		if err := fs.add(f); err != nil {
			fs.failed[f.ID] = err
		}
	}
	return fs, nil
}

func (fs *functions) add(f *template.Function) error {
	if err := f.Problems.Err(); err != nil {
		return fmt.Errorf("function %s: %w", f.ID, err)
	}
	dir, err := fs.folder(f)
	if err != nil {
		return err
	}
	_, err = fs.host.Add(Spec(f, dir, fs.h.environment(f)))
	return err
}

// Spec returns a function as the runtime runs it: its code in dir, with the
// variables in env.
func Spec(f *template.Function, dir string, env map[string]string) runtime.Spec {
	s := runtime.Spec{
		Name: f.ID, Dir: dir, Handler: f.Handler, Runtime: f.Runtime, Timeout: f.Timeout, Memory: f.Memory, Env: env,
	}
	if f.Name != f.ID {
		s.Aliases = []string{f.Name}
	}
	if f.Reserved != nil {
		if s.Concurrency = *f.Reserved; s.Concurrency == 0 {
			s.Concurrency = -1 // to the runtime, zero is no limit
		}
	}
	return s
}

// folder returns where a function's code is: where sam build put it, or where
// the template says.
func (fs *functions) folder(f *template.Function) (string, error) {
	switch {
	case f.Inline != "":
		return fs.unfold(f)
	case fs.built[f.ID] != "":
		return fs.built[f.ID], nil
	case f.CodeURI == "":
		return "", fmt.Errorf("function %s: its code is not on this machine; run sam build, or put sam local start-lambda behind the gateway", f.ID)
	}
	return filepath.Join(fs.h.opts.Template.Dir, filepath.FromSlash(f.CodeURI)), nil
}

// unfold writes code that stands in the template into the file that Lambda
// calls it: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
func (fs *functions) unfold(f *template.Function) (string, error) {
	name := "index.js"
	if strings.HasPrefix(f.Runtime, "python") {
		name = "index.py"
	}
	// Not by the function's id, which may be any text here: "../…" leads elsewhere.
	dir, err := os.MkdirTemp(fs.h.temporary, "code-") // mode 0700
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), []byte(f.Inline), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("function %s: cannot write its code: %w", f.ID, err)
	}
	return dir, nil
}

// find returns a function as the gateway wants it.
func (fs *functions) find(id string) (gateway.Handler, error) {
	if err := fs.failed[id]; err != nil {
		return nil, err
	}
	f := fs.host.Function(id)
	if f == nil {
		return nil, misused("the function %s is not in the template: put sam local start-lambda behind the gateway, with --lambda-endpoint", id)
	}
	return Handler{f}, nil
}

// Handler is a function as the gateway wants it: it tells what was not invoked.
type Handler struct{ *runtime.Function }

// Invoke invokes the function.
func (h Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	answer, err := h.Function.Invoke(ctx, event)
	if refusal := (*runtime.Refusal)(nil); errors.As(err, &refusal) {
		return nil, fmt.Errorf("%w: %w", gateway.ErrNotInvoked, err)
	}
	return answer, err
}

// Built returns where sam build put the functions of a template: into
// folders that the template which it writes beside them names. One folder can
// be that of several functions.
func Built(dir string, t *template.Template) (map[string]string, error) {
	if dir == "" {
		return nil, nil
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, misused("--functions: there is no folder %s: sam build makes it", dir)
	}
	folders := map[string]string{}
	for _, name := range []string{"template.yaml", "template.yml", "template.json"} {
		built, err := template.Read(filepath.Join(dir, name), template.Options{})
		if err != nil {
			continue // a folder that was not made by sam build has none
		}
		for _, f := range built.Functions {
			if f.CodeURI != "" {
				folders[f.ID] = filepath.Join(dir, filepath.FromSlash(f.CodeURI))
			}
		}
	}
	for _, f := range t.Functions {
		at := filepath.Join(dir, f.ID)
		if info, err := os.Stat(at); folders[f.ID] == "" && err == nil && info.IsDir() {
			folders[f.ID] = at
		}
	}
	return folders, nil
}

// nodeOptions is a variable that adds up: what is run before a function must
// not be lost to what the function sets.
const nodeOptions = "NODE_OPTIONS"

// environment returns a function's own variables: the template's and the
// caller's.
func (h *Host) environment(f *template.Function) map[string]string {
	env := maps.Clone(f.Env)
	maps.Copy(env, h.opts.Env)
	maps.Copy(env, h.opts.EnvOf[f.ID])
	if own, ours := env[nodeOptions], h.common[nodeOptions]; own != "" {
		env[nodeOptions] = strings.TrimSpace(ours + " " + own)
	}
	return env
}

// missing returns the variables whose values nobody knows.
func (h *Host) missing(f *template.Function) []string {
	var names []string
	for _, name := range f.Unknowns() {
		_, all := h.opts.Env[name]
		_, own := h.opts.EnvOf[f.ID][name]
		if !all && !own {
			names = append(names, name)
		}
	}
	return names
}
