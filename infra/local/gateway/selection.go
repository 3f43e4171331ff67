package gateway

import (
	"fmt"
	"strconv"
	"strings"
)

// selection is a parsed route selection expression: literals and paths into
// the message, in order. Evaluated once, never recursively.
type selection []part

// part is a literal, or, when steps is not nil, a path into the message.
type part struct {
	literal string
	steps   []step
}

// step is one step of a path: a member's name, or a place in an array when
// index is not negative.
type step struct {
	name  string
	index int
}

const bodyVariable = "request.body"

// parseSelection reads a route selection expression, such as
// "$request.body.action" or "${request.body.service}/${request.body.action}".
// "\$" stands for a dollar sign. Variables other than the body are an error:
// there is nothing else that a message could be routed by.
//
// An unbraced variable ends at the first character that cannot be part of a
// path; a hyphen belongs to it only between two characters of a name, so that
// "$request.body.a-$request.body.b" has two variables.
func parseSelection(expr string) (selection, error) {
	if expr == "" {
		return nil, fmt.Errorf("route selection expression is empty")
	}
	var sel selection
	literal := ""
	for rest := expr; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `\$`):
			literal += "$"
			rest = rest[2:]
		case rest[0] == '$':
			variable, after, err := cutVariable(rest[1:])
			if err != nil {
				return nil, fmt.Errorf("route selection expression %q: %w", expr, err)
			}
			steps, err := parsePath(variable)
			if err != nil {
				return nil, fmt.Errorf("route selection expression %q: %w", expr, err)
			}
			if literal != "" {
				sel = append(sel, part{literal: literal})
				literal = ""
			}
			sel = append(sel, part{steps: steps})
			rest = after
		default:
			literal += rest[:1]
			rest = rest[1:]
		}
	}
	if literal != "" {
		sel = append(sel, part{literal: literal})
	}
	return sel, nil
}

// cutVariable splits what follows a dollar sign into a variable and the rest.
func cutVariable(s string) (variable, rest string, err error) {
	if strings.HasPrefix(s, "{") {
		variable, rest, found := strings.Cut(s[1:], "}")
		if !found {
			return "", "", fmt.Errorf("a brace is not closed")
		}
		return variable, rest, nil
	}
	i := 0
	for i < len(s) {
		c := s[i]
		if !isNameByte(c) && c != '.' && c != '[' && c != ']' && c != '\'' && c != '"' &&
			!(c == '-' && i+1 < len(s) && isNameByte(s[i+1])) {
			break
		}
		i++
	}
	return s[:i], s[i:], nil
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// parsePath reads "request.body" and the path behind it: ".name", ".[0]",
// "[0]" and "['name']", in any number.
func parsePath(variable string) ([]step, error) {
	path, found := strings.CutPrefix(variable, bodyVariable)
	if !found {
		return nil, fmt.Errorf("messages are routed by $%s only", bodyVariable)
	}
	steps := []step{}
	for path != "" {
		path = strings.TrimPrefix(path, ".")
		if !strings.HasPrefix(path, "[") {
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			if end == 0 {
				return nil, fmt.Errorf("a name is missing in the path")
			}
			steps = append(steps, step{name: path[:end], index: -1})
			path = path[end:]
			continue
		}
		inside, after, closed := strings.Cut(path[1:], "]")
		if !closed {
			return nil, fmt.Errorf("a bracket is not closed")
		}
		s, err := parseBracket(inside)
		if err != nil {
			return nil, err
		}
		steps, path = append(steps, s), after
	}
	return steps, nil
}

func parseBracket(s string) (step, error) {
	if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		return step{name: s[1 : n-1], index: -1}, nil
	}
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 {
		return step{}, fmt.Errorf("brackets hold a place in an array or a quoted name")
	}
	return step{index: i}, nil
}

// evaluate appends to buf what the expression says of a message, and returns
// it. A path that is not found, and any path into what is not JSON, gives
// nothing. The result may be a part of body: it is not to be changed.
func (sel selection) evaluate(buf, body []byte) []byte {
	if len(sel) == 1 && sel[0].steps != nil {
		return lookup(body, sel[0].steps)
	}
	for _, p := range sel {
		if p.steps == nil {
			buf = append(buf, p.literal...)
		} else {
			buf = append(buf, lookup(body, p.steps)...)
		}
	}
	return buf
}
