package scenario

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
)

// Host is a platform to hold conversations on.
type Host struct {
	Name string
	// Can lists the facts that hold there, but for those that hold wherever
	// applications can be made: settings, and Alone.
	Can []Fact
	// Make makes an application and says where it is. Nil on a host with one
	// application, which is then shared by all conversations.
	Make   func(context.Context, *app.App, grant.Slots) (Place, error)
	Shared *Place
}

// Place is where an application is reached, and the keys that make its tokens.
type Place struct {
	App       *app.App
	WebSocket string // the URL to connect to, without a token
	Stage     string // the stage's name; "" is ws
	HTTP      string // what the paths of the HTTP API are appended to
	TLS       *tls.Config
	Keys      Keys
}

// Lacks returns the first fact that the conversation needs and the host does
// not have, or "".
func (h *Host) Lacks(s Scenario) Fact {
	for _, f := range s.Needs {
		if f.own() && h.Make == nil || !f.own() && !slices.Contains(h.Can, f) {
			return f
		}
	}
	return ""
}

// Fact is what a conversation needs: a setting of its application, as in
// violations=error, or something that not every host can do.
type Fact string

// What not every host can do.
const (
	Ordered Fact = "ordered"       // what one connection sends takes effect in that order, and nothing overtakes
	Closing Fact = "closing"       // a connection is closed with a code and a reason of ours, else with 1000
	Binary  Fact = "binary-frames" // compressed messages arrive as binary frames
	Stage   Fact = "stage"         // /STAGE?app=… beside /apps/…
	Counted Fact = "counted"       // what one connection sends is counted in one place, so that a rate is kept to the message
)

// Alone is a fact wherever applications can be made: nobody else uses the
// conversation's, nor did before.
const Alone Fact = "alone"

// own reports whether f takes an application of the conversation's own.
func (f Fact) own() bool { return f.setting() || f == Alone }

func (f Fact) setting() bool { return strings.Contains(string(f), "=") }

func (f Fact) check() error {
	if f.setting() {
		return f.set(&app.App{}, Keys{})
	}
	if !slices.Contains([]Fact{Ordered, Closing, Binary, Stage, Counted, Alone}, f) {
		return fmt.Errorf("nobody knows the fact %q", f)
	}
	return nil
}

// set makes a setting true of an application and its keys.
func (f Fact) set(a *app.App, keys Keys) error {
	name, value, _ := strings.Cut(string(f), "=")
	switch name {
	case "violations":
		a.Settings.Violations = app.Violations(value)
	case "expiry":
		a.Settings.Expiry = app.Expiry(value)
	case "plan":
		a.Plan = plan.Name(value)
		_, err := plan.ByName(a.Plan)
		return err
	case "first-key":
		return keys.add(first, grant.Algorithm(value))
	case "first-set":
		if value != "ES256" {
			return fmt.Errorf("key sets are of ES256 here")
		}
		return keys.add(first, grant.ES256)
	case "second-key":
		return keys.add(second, grant.Algorithm(value))
	default:
		return fmt.Errorf("nobody knows the setting %q", name)
	}
	return a.Settings.Check()
}

// Deployed returns the platform that line describes, as `tacet run --json`
// prints it, as a host with one application.
func Deployed(line string, trust *tls.Config, can ...Fact) (*Host, error) {
	var facts struct {
		WebSocket string `json:"websocket"`
		HTTP      string `json:"http"`
		App       app.ID `json:"app"`
		ClientKey secret `json:"client_key"`
		AdminKey  secret `json:"admin_key"`
	}
	if json.Unmarshal([]byte(line), &facts) != nil || facts.WebSocket == "" || facts.HTTP == "" || facts.App == "" {
		return nil, errors.New("that is not the line that tacet run --json prints")
	}
	keys := Keys{}
	for slot, s := range map[string]secret{first: facts.ClientKey, admin: facts.AdminKey} {
		if !s.Algorithm.Symmetric() {
			return nil, fmt.Errorf("the %s key must be one of HS256, HS384, HS512", slot)
		}
		keys[slot] = key{s.Algorithm, []byte(s.Text), s.Text}
	}
	return &Host{Name: facts.HTTP, Can: can, Shared: &Place{
		App: &app.App{ID: facts.App}, WebSocket: facts.WebSocket, HTTP: facts.HTTP, TLS: trust, Keys: keys,
	}}, nil
}

type secret struct {
	Algorithm grant.Algorithm `json:"algorithm"`
	Text      string          `json:"secret"`
}
