package command

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/infra/apiclient"
)

// apps is the commands for the applications of an account.
type apps struct {
	List    appList    `cmd:"" help:"List applications."`
	Create  appMake    `cmd:"" help:"Create an application."`
	Show    appShow    `cmd:"" help:"Show an application's plan and settings."`
	Update  appUpdate  `cmd:"" help:"Rename an application, change its settings."`
	Suspend appSuspend `cmd:"" help:"Suspend an application: its connections end, and nobody connects or publishes."`
	Resume  appResume  `cmd:"" help:"Let a suspended application work again."`
	Delete  appDelete  `cmd:"" help:"Delete an application for good, with its telemetry."`
}

func (apps) example() string {
	return `  APP=$(tacet app create chat --plan team)
  tacet key create --app "$APP"
  tacet app show "$APP"
`
}

type appList struct{ inAccount }

func (appList) example() string { return "  tacet app list\n" }

// Run lists them.
func (a appList) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	return r.explain(ctx, list(c, a.JSON, r.client.List(ctx, r.path("apps"), nil), 0, "ID NAME PLAN STATE CREATED", "there is no application", func(x appRecord) []string {
		return []string{x.ID, x.Name, string(x.Plan), x.state(), day(x.Created)}
	}))
}

func (x appRecord) state() string {
	if x.Suspended {
		return "suspended"
	}
	return "active"
}

// settings is the flags for settings of an application. What is not said is
// left as it is.
type settings struct {
	Expiry      *string `enum:"connect,enforce" placeholder:"WORD" help:"What happens when the token of an open connection expires: ${enum}. connect: nothing; enforce: the connection ends, unless a fresh token is sent."`
	Violations  *string `enum:"close,error" placeholder:"WORD" help:"What happens to a connection that oversteps its token: ${enum}. Either gets an error frame."`
	Addresses   *string `enum:"ipcrypt,truncate,none" placeholder:"WORD" help:"What is recorded of addresses: ${enum}."`
	BlindTopics *string `enum:"on,off" placeholder:"WORD" help:"Record names of topics as keyed hashes: ${enum}."`
}

// said returns what is to be set.
func (s settings) said() map[string]any {
	said := map[string]any{}
	for name, value := range map[string]*string{"expiry": s.Expiry, "violations": s.Violations, "addresses": s.Addresses} {
		if value != nil {
			said[name] = *value
		}
	}
	if s.BlindTopics != nil {
		said["blindTopics"] = *s.BlindTopics == "on"
	}
	return said
}

type appMake struct {
	inAccount
	settings
	Name string `arg:"" help:"What to call it: 1–100 characters."`
	Plan string `enum:",${plans}" default:"" placeholder:"NAME" help:"Its plan: ${plans}. Default: the smallest."`
}

func (appMake) example() string {
	return "  tacet app create chat --plan team\n  tacet app create chat --violations error --blind-topics on\n"
}

// Run creates the application.
func (a appMake) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{
		Method: http.MethodPost, Path: r.path("apps"), Once: apiclient.NewKey(),
		Body: struct {
			Name     string         `json:"name"`
			Plan     string         `json:"plan,omitempty"`
			Settings map[string]any `json:"settings,omitempty"`
		}{a.Name, a.Plan, a.said()},
	})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x appRecord) error {
		fmt.Fprintln(c.out, x.ID)
		c.say("This is the application's id. It has no keys yet: %s key create --app %s --kind client%s", c.program, x.ID, r.again)
		return nil
	})
}

type appShow struct {
	inAccount
	ID string `arg:"" name:"app" help:"The application's id."`
}

func (appShow) example() string { return "  tacet app show 0123456789abcdef0123456789abcdef\n" }

// Run shows the application.
func (a appShow) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodGet, Path: r.path("apps", a.ID)})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, c.application)
}

func (c *console) application(x appRecord) error {
	or := func(value, preset string) string {
		if value == "" {
			return preset
		}
		return value
	}
	c.facts("Application", x.ID, "Name", x.Name, "Plan", string(x.Plan), "State", x.state(), "Created", day(x.Created),
		"Expiry", or(string(x.Settings.Expiry), string(app.ExpiryConnect)), "Violations", or(string(x.Settings.Violations), string(app.ViolationsClose)),
		"Addresses", or(string(x.Settings.Addresses), string(privacy.Ipcrypt)), "Blind topics", map[bool]string{true: "on", false: "off"}[x.Settings.BlindTopics])
	return nil
}

type appUpdate struct {
	inAccount
	settings
	ID   string  `arg:"" name:"app" help:"The application's id."`
	Name *string `placeholder:"TEXT" help:"What to call it."`
}

func (appUpdate) example() string {
	return "  tacet app update 0123456789abcdef0123456789abcdef --name chat --expiry enforce\n"
}

// Run changes the application.
func (a appUpdate) Run(ctx context.Context, c *console) error {
	change := map[string]any{}
	if a.Name != nil {
		change["name"] = *a.Name
	}
	if said := a.said(); len(said) > 0 {
		change["settings"] = said
	}
	if len(change) == 0 {
		return misused("say what to change: --name, --expiry, --violations, --addresses, --blind-topics")
	}
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.change(ctx, http.MethodPatch, r.path("apps", a.ID), change)
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, c.application)
}

type appSuspend struct {
	inAccount
	ID string `arg:"" name:"app" help:"The application's id."`
}

func (appSuspend) example() string { return "  tacet app suspend 0123456789abcdef0123456789abcdef\n" }

// Run suspends the application.
func (a appSuspend) Run(ctx context.Context, c *console) error {
	return a.set(ctx, c, a.ID, true, "is suspended: its connections are ended, and nobody connects or publishes")
}

type appResume struct {
	inAccount
	ID string `arg:"" name:"app" help:"The application's id."`
}

func (appResume) example() string { return "  tacet app resume 0123456789abcdef0123456789abcdef\n" }

// Run resumes the application.
func (a appResume) Run(ctx context.Context, c *console) error {
	return a.set(ctx, c, a.ID, false, "works again")
}

func (a inAccount) set(ctx context.Context, c *console, id string, suspended bool, said string) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.change(ctx, http.MethodPatch, r.path("apps", id), map[string]bool{"suspended": suspended})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x appRecord) error {
		c.say("Application %s %s.", x.ID, said)
		return nil
	})
}

type appDelete struct {
	inAccount
	ID      string `arg:"" name:"app" help:"The application's id."`
	Confirm string `placeholder:"ID" help:"The application's id once more, instead of being asked for it."`
}

func (appDelete) example() string {
	return "  tacet app delete 0123456789abcdef0123456789abcdef --confirm 0123456789abcdef0123456789abcdef\n"
}

// Run deletes the application.
func (a appDelete) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	var x appRecord
	version, err := r.get(ctx, r.path("apps", a.ID), &x)
	if err != nil {
		return err
	}
	c.say("Application %s (%s), its keys, its connections and all that was recorded of it will be gone for good.", x.ID, printable(strconv.Quote(x.Name)))
	if err := c.confirmed(ctx, a.Confirm, x.ID); err != nil {
		return err
	}
	if _, err := r.do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path("apps", a.ID), Match: version}); err != nil {
		return err
	}
	c.say("The application is deleted. What was recorded of it is being erased.")
	return nil
}

// onlyApp returns the application that a command is about: the one that was
// said, else the only one there is.
func (r *room) onlyApp(ctx context.Context, said string) (string, error) {
	if said != "" {
		return said, nil
	}
	all, err := apiclient.Collect[appRecord](r.client.List(ctx, r.path("apps"), nil), 0)
	if err != nil {
		return "", r.explain(ctx, err)
	}
	switch len(all) {
	case 0:
		return "", fmt.Errorf("there is no application yet: tacet app create NAME%s", r.again)
	case 1:
		return all[0].ID, nil
	}
	var ids strings.Builder
	for _, one := range all {
		fmt.Fprintf(&ids, "\n  %s  %s", one.ID, printable(one.Name))
	}
	return "", misused("there are several applications: choose one with --app, or set TACET_APP:%s", ids.String())
}
