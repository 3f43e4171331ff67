package account

import (
	"context"
	"errors"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/fault"
)

// Reach returns the principal in the account that an application belongs to, and
// the application as it is now, if the principal may do what with it. The error
// is the same fault of kind NotFound for an application that does not exist and
// for one of an account that it is no member of.
func (s *Service) Reach(ctx context.Context, p *Principal, id string, what Action) (*Caller, *app.App, error) {
	of, err := app.ParseID(id)
	if err != nil {
		return nil, nil, noAppAnywhere()
	}
	if !p.Session() {
		// What the token is not for it hears nothing of, whether it exists or not.
		if _, err := s.may(ctx, p, string(p.account), of, what); err != nil {
			return nil, nil, err
		}
	}
	a, err := s.Application(ctx, of)
	if fault.KindOf(err) == fault.NotFound {
		a, err = &app.App{Account: id}, nil // a stranger to it: what is asked is as much as for one that there is
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := s.may(ctx, p, a.Account, of, what)
	if err != nil {
		return nil, nil, err
	}
	return c, a, nil
}

// may returns the principal in an account, if it may do what with an application
// of it.
func (s *Service) may(ctx context.Context, p *Principal, account string, of app.ID, what Action) (*Caller, error) {
	c, err := s.In(ctx, p, account)
	if fault.KindOf(err) == fault.NotFound {
		return nil, noAppAnywhere()
	}
	if err != nil {
		return nil, err
	}
	if err := c.Allow(what); err != nil {
		return nil, err
	}
	return c, c.allowApp(of)
}

// Application returns an application as the directory has it now, whoever asks.
// The error is a fault of kind NotFound if there is none.
func (s *Service) Application(ctx context.Context, of app.ID) (*app.App, error) {
	record, err := s.get(ctx, of.Key())
	if errors.Is(err, directory.ErrAbsent) {
		return nil, noAppAnywhere()
	}
	if err != nil {
		return nil, err
	}
	a, err := app.Read(record)
	return a, unavailable(err)
}

func noAppAnywhere() error {
	return notFound("there is no such application, or you are no member of the account that it belongs to")
}
