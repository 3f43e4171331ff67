package account

import (
	"context"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/job"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// maxApps is how many applications an account may have.
const maxApps = 100

// NewApplication is what an application is to be.
type NewApplication struct {
	Name     string
	Plan     plan.Name // "" means plan.Default; another needs ChangePlans
	Settings app.Settings
}

// check returns the application as it is made, or a fault that says what is
// wrong.
func (a NewApplication) check() (NewApplication, error) {
	var err error
	if a.Name, err = named("the name of the application", a.Name); err != nil {
		return a, err
	}
	if a.Plan == "" {
		a.Plan = plan.Default().Name
	}
	if _, err = plan.ByName(a.Plan); err != nil {
		return a, err
	}
	return a, a.Settings.Check()
}

// MakeApp makes an application, without keys.
func (c *Caller) MakeApp(ctx context.Context, a NewApplication, once string) (*Application, error) {
	if err := c.mayMake(a); err != nil {
		return nil, err
	}
	asked := a
	a, err := a.check()
	if err != nil {
		return nil, err
	}
	var made *Application
	err = c.retry(ctx, func() (err error) {
		made, err = c.makeApp(ctx, a, asked, once)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (c *Caller) mayMake(a NewApplication) error {
	if err := c.Allow(CreateApps); err != nil {
		return err
	}
	if a.Plan != "" && a.Plan != plan.Default().Name {
		if err := c.Allow(ChangePlans); err != nil {
			return err
		}
	}
	return nil
}

func (c *Caller) makeApp(ctx context.Context, a, asked NewApplication, key string) (*Application, error) {
	o, err := c.once(ctx, CreateApps, key, asked)
	if err != nil {
		return nil, err
	}
	if o.made != "" {
		record, r, err := c.application(ctx, app.ID(o.made))
		if err != nil {
			return nil, o.orGone(err)
		}
		return c.unsealedApp(ctx, record, r)
	}
	tally, n, err := c.s.recountApps(ctx, c.Account, 1)
	if err != nil {
		return nil, err
	}
	if n > maxApps {
		return nil, tooMany("the account has 100 applications, and cannot have more: delete one first")
	}
	now := c.s.Now().UTC()
	made := &Application{ID: app.ID(c.s.newID()), Name: a.Name, Plan: a.Plan, Settings: a.Settings, Created: now}
	blind := privacy.NewBlindKey([privacy.SecretSize]byte(c.s.random(privacy.SecretSize)))
	changes, err := c.appRecords(ctx, made, blind, grant.Slots{})
	if err != nil {
		return nil, err
	}
	remembered, err := o.remember(string(made.ID), now)
	if err != nil {
		return nil, err
	}
	made.Version, err = c.Apply(ctx, CreateApps, string(made.ID), append(append(changes, tally), remembered...)...)
	return made, err
}

// appRecords returns the changes that write all records of an application that
// is not there yet.
func (c *Caller) appRecords(ctx context.Context, a *Application, blind privacy.BlindKey, slots grant.Slots) ([]directory.Change, error) {
	value, err := c.sealedApp(ctx, a)
	if err != nil {
		return nil, err
	}
	plane := app.App{ID: a.ID, Account: string(c.Account), Plan: a.Plan, Settings: a.Settings, Blind: blind, Suspended: a.Suspended}
	seen, err := plane.Put(directory.IfAbsent)
	if err != nil {
		return nil, err
	}
	keys, err := c.ringRecords(ctx, newKeys(a.ID, slots, c.s, a.Created))
	return append(keys, directory.Put(c.appKey(a.ID), value, time.Time{}, directory.IfAbsent), seen), err
}

// DeleteApp deletes an application for good: it is gone for everybody when this
// returns; its telemetry is erased by a job.
func (c *Caller) DeleteApp(ctx context.Context, id string, v directory.Version) error {
	of, err := c.touch(id, DeleteApps)
	if err != nil {
		return err
	}
	rest := c.rest(job.EraseApp, of)
	err = c.retry(ctx, func() error {
		_, r, err := c.application(ctx, of)
		if err != nil {
			return err
		}
		if err := matches(r, v); err != nil {
			return err
		}
		tally, _, err := c.s.recountApps(ctx, c.Account, -1)
		if err != nil {
			return err
		}
		_, err = c.Apply(ctx, DeleteApps, id,
			directory.Remove(r), directory.Delete(of.Key(), directory.Always),
			directory.Delete(c.keysKey(of), directory.Always), directory.Delete(of.SlotsKey(), directory.Always),
			tally, rest.Make())
		c.s.changed(of) // also when it failed: it may have happened
		return err
	})
	if err != nil {
		return err
	}
	c.s.endNow(ctx, rest)
	return nil
}

// recountApps returns the change of an account's number of applications, and what
// that is then.
func (s *Service) recountApps(ctx context.Context, of ID, by int) (directory.Change, int, error) {
	tally, r, err := read[tallyRecord](ctx, s, keyOf(of, tallyName))
	if errors.Is(err, directory.ErrAbsent) {
		return directory.Change{}, 0, noAccount()
	} else if err != nil {
		return directory.Change{}, 0, err
	}
	tally.Apps += by
	value, err := encode(tally)
	return directory.Replace(r, value), tally.Apps, err
}
