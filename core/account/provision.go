package account

import (
	"context"
	"errors"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// Provision is what a host sets up for itself when it starts.
type Provision struct {
	Owner    Identity // who gets an account, if he owns none
	App      app.ID
	Name     string
	Plan     plan.Name // if it is new, or if Replan is set
	Replan   bool
	Keys     grant.Slots  // if it is new
	Settings app.Settings // if it is new
	Blind    privacy.BlindKey
}

// Provision makes sure that there are an account for the owner and an
// application in it, and returns the account. Repeating it changes nothing that
// somebody has changed since: an application that is there keeps everything but,
// with Replan, its plan. It is not held against the number of applications that
// an account may have.
func (s *Service) Provision(ctx context.Context, p Provision) (ID, error) {
	fresh, err := NewApplication{Name: p.Name, Plan: p.Plan, Settings: p.Settings}.check()
	if err != nil {
		return "", err
	}
	if err := p.Keys.Check(); err != nil {
		return "", err
	}
	owner, err := s.principal(ctx, p.Owner)
	if err != nil {
		return "", err
	}
	var of ID
	err = retry(func() error {
		there, err := s.get(ctx, p.App.Key())
		if errors.Is(err, directory.ErrAbsent) {
			of, err = s.provision(ctx, owner, p, fresh)
			return err
		}
		if err != nil {
			return err
		}
		a, err := app.Read(there)
		if err != nil {
			return unavailable(err)
		}
		of = ID(a.Account)
		if !p.Replan || a.Plan == fresh.Plan {
			return nil
		}
		c, err := s.In(ctx, owner, a.Account)
		if err != nil {
			// Who has left the account, or deletes it, has no say in its plan; and
			// the host has to start, to go on with the deletion.
			return butNotFound(err)
		}
		_, err = c.SetPlan(ctx, string(p.App), fresh.Plan, AnyVersion)
		return err
	})
	return of, err
}

// provision makes the application, in an account that the owner has or gets.
func (s *Service) provision(ctx context.Context, owner *Principal, p Provision, fresh NewApplication) (ID, error) {
	c, err := s.owned(ctx, owner)
	if err != nil {
		return "", err
	}
	tally, _, err := s.recountApps(ctx, c.Account, 1)
	if err != nil {
		return "", err
	}
	made := &Application{ID: p.App, Name: fresh.Name, Plan: fresh.Plan, Settings: fresh.Settings, Created: s.Now().UTC()}
	changes, err := c.appRecords(ctx, made, p.Blind, p.Keys)
	if err != nil {
		return "", err
	}
	_, err = c.Apply(ctx, CreateApps, string(p.App), append(changes, tally)...)
	s.changed(p.App)
	return c.Account, err
}

// owned returns a person in the account that he owns, which is made if there is
// none.
func (s *Service) owned(ctx context.Context, p *Principal) (*Caller, error) {
	var there *Caller
	err := s.callers(ctx, p, func(c *Caller) {
		if c.Role == Owner && there == nil {
			there = c
		}
	})
	if err != nil || there != nil {
		return there, err
	}
	made, err := s.Create(ctx, p, Profile{}, "")
	if err != nil {
		return nil, err
	}
	return s.In(ctx, p, string(made.ID))
}
