package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// Settings are what an application's owner decides.
type Settings struct {
	Expiry      app.Expiry     `json:"expiry,omitzero" doc:"What happens when the token of an open connection expires: nothing (connect, the default), or the connection ends unless a fresh one is sent (enforce)." enum:"connect,enforce"`
	Violations  app.Violations `json:"violations,omitzero" doc:"What happens to a connection that oversteps its grant: it gets an error and is closed (close, the default), or it gets an error." enum:"close,error"`
	Addresses   privacy.Method `json:"addresses,omitzero" doc:"How addresses are anonymised: ipcrypt is the default." enum:"ipcrypt,truncate,none"`
	BlindTopics bool           `json:"blindTopics,omitzero" doc:"Whether telemetry has keyed hashes in the place of topics' names."`
}

// Application is a tenant of the data plane.
type Application struct {
	ID        app.ID    `json:"id" example:"0123456789abcdef0123456789abcdef"`
	Name      string    `json:"name" example:"Shop"`
	Plan      plan.Name `json:"plan" example:"team"`
	Suspended bool      `json:"suspended" doc:"A suspended application serves nobody."`
	Settings  Settings  `json:"settings"`
	Created   time.Time `json:"created"`
}

// NewApplication is what an application is to be.
type NewApplication struct {
	Name     string    `json:"name" minLength:"1" maxLength:"100" example:"Shop"`
	Plan     plan.Name `json:"plan,omitzero" doc:"One of the plans; the smallest without." example:"team"`
	Settings Settings  `json:"settings,omitzero"`
}

// SettingsChange is a merge patch of settings.
type SettingsChange struct {
	Expiry      change[string] `json:"expiry,omitzero" doc:"null is the default."`
	Violations  change[string] `json:"violations,omitzero" doc:"null is the default."`
	Addresses   change[string] `json:"addresses,omitzero" doc:"null is the default."`
	BlindTopics change[bool]   `json:"blindTopics,omitzero" doc:"null is the default."`
}

// ApplicationChange is a merge patch of an application.
type ApplicationChange struct {
	Name      *string         `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Settings  *SettingsChange `json:"settings,omitempty"`
	Suspended *bool           `json:"suspended,omitempty" doc:"Suspending ends all connections. Needs apps:suspend."`
}

// PlanChoice is which plan an application is to have.
type PlanChoice struct {
	Plan plan.Name `json:"plan" example:"team"`
}

func applicationOf(a account.Application) Application {
	return Application{a.ID, a.Name, a.Plan, a.Suspended, Settings(a.Settings), a.Created}
}

const (
	appsPath = accountPath + "/apps"
	appPath  = appsPath + "/{app}"
)

func (s *server) routeApps() {
	within(s, operation{
		id: "list-apps", method: http.MethodGet, path: appsPath, tag: "applications", query: pageQuery,
		summary: "List applications", needs: account.ReadApps,
	}, func(ctx context.Context, c *call, me *account.Caller) (*listOutput[Application], error) {
		page, next, err := me.Apps(ctx, c.page())
		return listed(page, next, applicationOf), err
	})
	within(s, operation{
		id: "create-app", method: http.MethodPost, path: appsPath, tag: "applications", status: http.StatusCreated, once: true,
		summary: "Create an application", text: "It has no keys yet: nobody can connect before it has one. Another plan than the smallest needs `plans:change` as well.", needs: account.CreateApps,
		body: NewApplication{}, example: NewApplication{Name: "Shop", Settings: Settings{Addresses: privacy.Truncate}},
	}, s.createApp)
	within(s, operation{
		id: "get-app", method: http.MethodGet, path: appPath, tag: "applications", none: true,
		summary: "Get an application", needs: account.ReadApps,
	}, func(ctx context.Context, c *call, me *account.Caller) (*one[Application], error) {
		return c.application(me.App(ctx, c.path("app")))
	})
	within(s, operation{
		id: "update-app", method: http.MethodPatch, path: appPath, tag: "applications", match: true, merge: true,
		summary: "Rename an application, change its settings, suspend or resume it",
		text:    "What the patch leaves out stays as it is. Suspending and resuming need `apps:suspend` instead.", needs: account.UpdateApps,
		body: ApplicationChange{}, example: map[string]any{"name": "Shop (old)", "settings": map[string]any{"blindTopics": true}},
	}, s.updateApp)
	within(s, operation{
		id: "delete-app", method: http.MethodDelete, path: appPath, tag: "applications", match: true,
		summary: "Delete an application for good", text: "It is gone for everybody at once; its telemetry is erased soon after.", needs: account.DeleteApps,
	}, func(ctx context.Context, c *call, me *account.Caller) (*emptyOutput, error) {
		return matching(c, func(v directory.Version) (*emptyOutput, error) {
			return &emptyOutput{}, me.DeleteApp(ctx, c.path("app"), v)
		})
	})
	within(s, operation{
		id: "set-plan", method: http.MethodPut, path: appPath + "/plan", tag: "applications", match: true,
		summary: "Change an application's plan", text: "Telemetry that there is already gets the new plan's retention, shorter or longer.", needs: account.ChangePlans,
		body: PlanChoice{}, example: PlanChoice{"business"},
	}, s.setPlan)
}

func (c *call) application(a *account.Application, err error) (*one[Application], error) {
	if err != nil {
		return nil, err
	}
	tag := etag(a.Version)
	if err := c.fresh(tag); err != nil {
		return nil, err
	}
	return &one[Application]{ETag: tag, Body: applicationOf(*a)}, nil
}

func (s *server) createApp(ctx context.Context, c *call, me *account.Caller) (*madeVersion[Application], error) {
	once, err := c.once()
	if err != nil {
		return nil, err
	}
	var in NewApplication
	if err := c.read(&in); err != nil {
		return nil, err
	}
	a, err := me.MakeApp(ctx, account.NewApplication{Name: in.Name, Plan: in.Plan, Settings: app.Settings(in.Settings)}, once)
	if err != nil {
		return nil, err
	}
	return &madeVersion[Application]{c.below(string(a.ID)), etag(a.Version), applicationOf(*a)}, nil
}

func (s *server) updateApp(ctx context.Context, c *call, me *account.Caller) (*one[Application], error) {
	var in ApplicationChange
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return matching(c, func(v directory.Version) (*one[Application], error) {
		u := account.AppUpdate{Name: in.Name, Suspended: in.Suspended}
		if in.Settings != nil {
			was, err := me.App(ctx, c.path("app"))
			if err != nil {
				return nil, err
			}
			settings := was.Settings
			in.Settings.to(&settings)
			u.Settings = &settings
			if v == account.AnyVersion {
				v = was.Version
			}
		}
		return c.application(me.UpdateApp(ctx, c.path("app"), u, v))
	})
}

func (c SettingsChange) to(s *app.Settings) {
	c.Expiry.to((*string)(&s.Expiry))
	c.Violations.to((*string)(&s.Violations))
	c.Addresses.to((*string)(&s.Addresses))
	c.BlindTopics.to(&s.BlindTopics)
}

func (s *server) setPlan(ctx context.Context, c *call, me *account.Caller) (*one[Application], error) {
	var in PlanChoice
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return matching(c, func(v directory.Version) (*one[Application], error) {
		return c.application(me.SetPlan(ctx, c.path("app"), in.Plan, v))
	})
}
