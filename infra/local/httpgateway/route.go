package httpgateway

import (
	"fmt"
	"slices"
	"strings"
)

// route is one that a request can take.
type route struct {
	key     string
	method  string   // "" is any
	path    []string // its segments
	handler Handler
}

// match is a route with what its variables stand for.
type match struct {
	*route
	variables map[string]string
}

type routes struct {
	all      []*route // the closer ones first
	fallback *route
}

const defaultRoute = "$default"

func (s *routes) add(key string, h Handler) error {
	r := &route{key: key, handler: h}
	if key == defaultRoute {
		s.fallback = r
		return nil
	}
	method, path, ok := strings.Cut(key, " ")
	if !ok || !strings.HasPrefix(path, "/") || method == "" {
		return fmt.Errorf("httpgateway: %q is no route key: METHOD /path, or $default", key)
	}
	if method != "ANY" {
		r.method = method
	}
	r.path = strings.Split(path[1:], "/")
	for i, segment := range r.path {
		if isGreedy(segment) && i != len(r.path)-1 {
			return fmt.Errorf("httpgateway: route %q: a greedy variable must be at the end", key)
		}
	}
	s.all = append(s.all, r)
	slices.SortStableFunc(s.all, closer)
	return nil
}

// closer orders routes by how closely they match: literals before variables
// before greedy ones, from the left, and a method before any. The guide
// ("Routing API requests"): a full match for a route and method, then one with a
// greedy path variable, then $default.
func closer(a, b *route) int {
	for i := range min(len(a.path), len(b.path)) {
		if d := looseness(a.path[i]) - looseness(b.path[i]); d != 0 {
			return d
		}
	}
	if d := len(b.path) - len(a.path); d != 0 {
		return d
	}
	switch {
	case a.method != "" && b.method == "":
		return -1
	case a.method == "" && b.method != "":
		return 1
	}
	return 0
}

func looseness(segment string) int {
	switch {
	case isGreedy(segment):
		return 2
	case isVariable(segment):
		return 1
	}
	return 0
}

func isVariable(segment string) bool {
	return strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}")
}

func isGreedy(segment string) bool { return isVariable(segment) && strings.HasSuffix(segment, "+}") }

// find returns the route of a request. A HEAD is no GET.
func (s *routes) find(method, path string) (match, bool) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, r := range s.all {
		if r.method != "" && r.method != method {
			continue
		}
		if variables, ok := r.match(segments); ok {
			return match{r, variables}, true
		}
	}
	// A route for another method of a path is no reason for 405: the guide has
	// "Not Found" for whatever no route takes.
	if s.fallback == nil {
		return match{}, false
	}
	return match{s.fallback, nil}, true
}

func (r *route) match(segments []string) (map[string]string, bool) {
	var variables map[string]string
	set := func(name, value string) {
		if variables == nil {
			variables = map[string]string{}
		}
		variables[name] = value
	}
	for i, want := range r.path {
		if i >= len(segments) {
			return nil, false
		}
		switch {
		case isGreedy(want):
			rest := strings.Join(segments[i:], "/")
			if rest == "" {
				return nil, false
			}
			set(want[1:len(want)-2], rest)
			return variables, true
		case isVariable(want):
			if segments[i] == "" {
				return nil, false
			}
			set(want[1:len(want)-1], segments[i])
		case want != segments[i]:
			return nil, false
		}
	}
	return variables, len(segments) == len(r.path)
}
