package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tacet/infra/local/dynamodb"
	"tacet/infra/local/template"
)

// read reads the template, and finds the repository if anything of it is needed.
func (s *Stack) read() error {
	file := s.opts.AWS.Template
	if file == "" || s.opts.AWS.Functions == "" {
		var err error
		if s.root, err = dynamodb.Repository("."); err != nil {
			return fmt.Errorf("tacet run --aws builds the functions from the repository and reads its template: %w; go there, or say --template FILE and --functions DIR", err)
		}
	}
	if file == "" {
		file = filepath.Join(s.root, "template.yaml")
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("there is no template %s: say --template FILE", file)
	}
	var err error
	if s.template, err = template.Read(file, template.Options{Parameters: s.opts.Parameters}); err != nil {
		return err
	}
	for _, f := range s.template.Unsupported {
		s.log.Debug("the template has something that is not imitated here", "line", f.Line, "what", f.Text)
	}
	return s.check()
}

// check returns nil if the template is one that can be run: one WebSocket API,
// one HTTP API at most, and no function with a problem.
func (s *Stack) check() error {
	if n := len(s.template.WebSocketAPIs); n != 1 {
		return fmt.Errorf("the template has %d WebSocket APIs, and one is needed", n)
	}
	if n := len(s.template.HTTPAPIs); n > 1 {
		return fmt.Errorf("the template has %d HTTP APIs, and one can be run", n)
	}
	api := s.template.WebSocketAPIs[0]
	if err := api.Problems.Err(); err != nil {
		return fmt.Errorf("WebSocket API %s: %w", api.ID, err)
	}
	if api.Stage("") == nil {
		return fmt.Errorf("the WebSocket API %s has no stage", api.ID)
	}
	var problems []error
	for _, f := range s.template.Functions {
		if err := f.Problems.Err(); err != nil {
			problems = append(problems, fmt.Errorf("function %s: %w", f.ID, err))
		}
		for _, name := range f.Unknowns() {
			if _, ours := supplied[name]; !ours {
				problems = append(problems, fmt.Errorf("function %s: the variable %s: %s", f.ID, name, f.Unset[name]))
			}
		}
		for _, x := range f.Schedules {
			if _, err := parseSchedule(x.Expression); err != nil {
				problems = append(problems, fmt.Errorf("function %s, line %d: %w", f.ID, x.Line, err))
			}
		}
		for _, name := range f.Role.Managed {
			s.log.Warn("a managed policy is not known here, and allows nothing", "function", f.ID, "policy", name)
		}
	}
	return errors.Join(problems...)
}
