package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/job"
	"tacet/core/plan"
)

// appRecord is an application as its account sees it. Plan, Settings and
// Suspended are those of the data plane's own record, which is written in the
// same Apply: both have the same version. See keysRecord for the two others that
// an application has: all four are there, or none.
type appRecord struct {
	Plan      plan.Name    `json:"plan"`
	Settings  app.Settings `json:"settings,omitzero"`
	Suspended bool         `json:"suspended,omitzero"`
	Created   time.Time    `json:"created"`
	Name      []byte       `json:"name"` // sealed: string
}

func noApp() error { return notFound("there is no such application in this account") }

// touch returns the id of an application that the caller may do something with,
// whether it exists or not.
func (c *Caller) touch(id string, needs ...Action) (app.ID, error) {
	for _, a := range needs {
		if err := c.Allow(a); err != nil {
			return "", err
		}
	}
	of, err := app.ParseID(id)
	if err != nil {
		return "", noApp()
	}
	return of, c.allowApp(of)
}

func (c *Caller) appKey(id app.ID) directory.Key { return c.Key(appPrefix + string(id)) }

// application returns the record of an application of the account.
func (c *Caller) application(ctx context.Context, id app.ID) (appRecord, directory.Record, error) {
	record, r, err := read[appRecord](ctx, c.s, c.appKey(id))
	if errors.Is(err, directory.ErrAbsent) {
		err = noApp()
	}
	return record, r, err
}

func (c *Caller) unsealedApp(ctx context.Context, record appRecord, r directory.Record) (*Application, error) {
	name, err := open[string](ctx, c, r.Key, record.Name)
	if err != nil {
		return nil, err
	}
	return &Application{
		ID: app.ID(strings.TrimPrefix(r.Name, appPrefix)), Name: name, Plan: record.Plan, Suspended: record.Suspended,
		Settings: record.Settings, Created: record.Created, Version: r.Version,
	}, nil
}

// sealedApp is the other way round.
func (c *Caller) sealedApp(ctx context.Context, a *Application) ([]byte, error) {
	name, err := c.Seal(ctx, c.appKey(a.ID), a.Name)
	if err != nil {
		return nil, err
	}
	return encode(appRecord{Plan: a.Plan, Settings: a.Settings, Suspended: a.Suspended, Created: a.Created, Name: name})
}

// Apps lists applications: with an access token that is for some, those.
func (c *Caller) Apps(ctx context.Context, page Page) ([]Application, string, error) {
	if err := c.Allow(ReadApps); err != nil {
		return nil, "", err
	}
	var all []Application
	next, err := c.s.page(ctx, c.Account.Part(), appPrefix, page, func(r directory.Record) (bool, error) {
		if c.allowApp(app.ID(strings.TrimPrefix(r.Name, appPrefix))) != nil {
			return false, nil
		}
		record, err := decode[appRecord](r)
		if err != nil {
			return false, err
		}
		a, err := c.unsealedApp(ctx, record, r)
		if err != nil {
			return false, err
		}
		all = append(all, *a)
		return true, nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// App returns an application.
func (c *Caller) App(ctx context.Context, id string) (*Application, error) {
	of, err := c.touch(id, ReadApps)
	if err != nil {
		return nil, err
	}
	record, r, err := c.application(ctx, of)
	if err != nil {
		return nil, err
	}
	return c.unsealedApp(ctx, record, r)
}

// AppUpdate is what to change of an application; nil leaves it.
type AppUpdate struct {
	Name      *string
	Settings  *app.Settings
	Suspended *bool // needs SuspendApps; suspending ends all connections
}

// needs returns what one has to be allowed for it.
func (u AppUpdate) needs() []Action {
	var needs []Action
	if u.Suspended != nil {
		needs = append(needs, SuspendApps)
	}
	if u.Name != nil || u.Settings != nil || u.Suspended == nil {
		needs = append(needs, UpdateApps)
	}
	return needs
}

// check returns the update as it is made, or a fault that says what is wrong.
func (u AppUpdate) check() (AppUpdate, error) {
	if u.Name != nil {
		name, err := named("the name of the application", *u.Name)
		if err != nil {
			return u, err
		}
		u.Name = &name
	}
	if u.Settings != nil {
		return u, u.Settings.Check()
	}
	return u, nil
}

// to makes the update, and reports whether that changes anything.
func (u AppUpdate) to(a *Application) bool {
	was := *a
	if u.Name != nil {
		a.Name = *u.Name
	}
	if u.Settings != nil {
		a.Settings = *u.Settings
	}
	if u.Suspended != nil {
		a.Suspended = *u.Suspended
	}
	return *a != was
}

// UpdateApp changes an application.
func (c *Caller) UpdateApp(ctx context.Context, id string, u AppUpdate, v directory.Version) (*Application, error) {
	needs := u.needs()
	of, err := c.touch(id, needs...)
	if err != nil {
		return nil, err
	}
	if u, err = u.check(); err != nil {
		return nil, err
	}
	suspends := u.Suspended != nil && *u.Suspended
	rest := c.rest(job.EndConnections, of)
	a, err := c.change(ctx, of, needs[0], v, func(a *Application) ([]directory.Change, bool) {
		changes := u.to(a)
		if changes && suspends {
			return []directory.Change{rest.Make()}, true
		}
		return nil, changes
	})
	if err == nil && suspends {
		c.s.endNow(ctx, rest)
	}
	return a, err
}

// change does what do does to an application, in all records that hold it, and
// with the changes that it returns, unless it says that nothing changes.
func (c *Caller) change(ctx context.Context, id app.ID, what Action, v directory.Version, do func(*Application) ([]directory.Change, bool)) (*Application, error) {
	var changed *Application
	err := c.retry(ctx, func() error {
		record, r, err := c.application(ctx, id)
		if err != nil {
			return err
		}
		if err := matches(r, v); err != nil {
			return err
		}
		a, err := c.unsealedApp(ctx, record, r)
		if err != nil {
			return err
		}
		more, changes := do(a)
		changed = a
		if !changes {
			return nil
		}
		both, err := c.rewrite(ctx, a, r)
		if err != nil {
			return err
		}
		a.Version, err = c.Apply(ctx, what, string(id), append(both, more...)...)
		c.s.changed(id) // also when it failed: it may have happened
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// rewrite returns the changes that write an application into both of its
// records, of which the account's was read.
func (c *Caller) rewrite(ctx context.Context, a *Application, r directory.Record) ([]directory.Change, error) {
	value, err := c.sealedApp(ctx, a)
	if err != nil {
		return nil, err
	}
	plane, err := c.s.get(ctx, a.ID.Key())
	switch {
	case errors.Is(err, directory.ErrAbsent) || err == nil && plane.Version != r.Version:
		return nil, directory.ErrConflict // somebody was faster, in between
	case err != nil:
		return nil, err
	}
	seen, err := app.Read(plane)
	if err != nil {
		return nil, unavailable(err)
	}
	written := *seen
	written.Replan(a.Plan, c.s.Now())
	written.Settings, written.Suspended = a.Settings, a.Suspended
	put, err := written.Put(directory.IfVersion)
	put.Version = plane.Version
	return []directory.Change{directory.Replace(r, value), put}, err
}
