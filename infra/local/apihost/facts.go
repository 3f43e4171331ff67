package apihost

import (
	"fmt"
	"slices"

	"tacet/infra/local/template"
)

// Facts are what somebody needs to use the API.
type Facts struct {
	API        string  `json:"api"`
	Stage      string  `json:"stage"`
	WebSocket  string  `json:"websocket"`  // where clients connect
	Management string  `json:"management"` // what the id of a connection is appended to
	Routes     []Route `json:"routes"`
	// Unsupported is what the template has and nothing here imitates.
	Unsupported []string `json:"unsupported"`
	// Warnings are what would not work on AWS, or may not work here.
	Warnings []string `json:"warnings"`
}

// Route is a route of the API.
type Route struct {
	Key        string `json:"key"`
	Function   string `json:"function"` // "" if it only accepts
	TwoWay     bool   `json:"two_way"`
	Authorizer string `json:"authorizer,omitempty"` // a function
	IAM        bool   `json:"iam,omitempty"`
	APIKey     bool   `json:"api_key,omitempty"`
}

// Facts returns them.
func (h *Host) Facts() Facts {
	f := Facts{
		API: h.api.ID, Stage: h.stage.Name, WebSocket: "ws://" + h.address + "/" + h.stage.Name,
		Management:  "http://" + h.address + "/" + h.stage.Name + "/@connections/",
		Unsupported: []string{}, Warnings: []string{},
	}
	for _, r := range h.api.Routes {
		route := Route{Key: r.Key, Function: r.Function, TwoWay: r.ResponseSelection && r.Response, IAM: r.IAM, APIKey: r.APIKeyRequired}
		if r.Authorizer != nil {
			route.Authorizer = r.Authorizer.Function
		}
		f.Routes = append(f.Routes, route)
	}
	for _, u := range h.unsupported() {
		f.Unsupported = append(f.Unsupported, u.String())
	}
	for _, w := range h.api.Warnings {
		f.Warnings = append(f.Warnings, w.String())
	}
	if h.functions != nil {
		f.Warnings = append(f.Warnings, h.doubts()...)
	}
	return f
}

// unsupported is what the template has and nothing here imitates, in its order.
func (h *Host) unsupported() []template.Finding {
	t := h.opts.Template
	all := slices.Clone(t.Unsupported)
	for _, a := range t.HTTPAPIs {
		all = append(all, template.Finding{Line: a.Line, Text: fmt.Sprintf("%s: an HTTP API, beside the WebSocket API", a.ID)})
	}
	for _, f := range t.Functions {
		for _, s := range f.Streams {
			all = append(all, template.Finding{Line: s.Line, Text: "the stream that feeds " + f.ID})
		}
		for _, s := range f.Schedules {
			all = append(all, template.Finding{Line: s.Line, Text: "the schedule of " + f.ID})
		}
	}
	slices.SortStableFunc(all, func(a, b template.Finding) int { return a.Line - b.Line })
	return all
}

// doubts are what may not work of the functions that are started here.
func (h *Host) doubts() []string {
	var all []string
	for _, f := range h.opts.Template.Functions {
		if err := h.functions.failed[f.ID]; err != nil {
			all = append(all, fmt.Sprintf("no route leads to %s, and it cannot be run: %v", f.ID, err))
			continue
		}
		for _, name := range h.missing(f) {
			all = append(all, fmt.Sprintf("the variable %s of %s is unknown and not set (%s), or say --env %[1]s=VALUE", name, f.ID, f.Unset[name]))
		}
	}
	return all
}
