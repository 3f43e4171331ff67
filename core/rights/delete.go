package rights

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/wire"
)

// freshness is how young a session must be that deletes an account.
const freshness = 15 * time.Minute

// Challenge is what somebody has to read before he deletes an account.
type Challenge struct {
	// Phrase is to be repeated before Expires.
	Phrase  string
	Expires time.Time
	// Request is what the deletion can be followed by, once it has begun. It is
	// told before, because there may be nobody to tell it to afterwards.
	Request ledger.RequestID
	Apps    int // how many applications will be lost
	Members int // how many people lose their account, the owner among them
}

// Challenge returns what will be lost with the account, and the phrase that
// deletes it. It needs an owner's session that is younger than 15 minutes, as
// Delete does.
func (s *Service) Challenge(ctx context.Context, c *account.Caller) (*Challenge, error) {
	if err := s.mayDelete(c); err != nil {
		return nil, err
	}
	p, err := s.phrases(ctx, c)
	if err != nil {
		return nil, unavailable(err)
	}
	asked := &Challenge{}
	asked.Phrase, asked.Expires = p.now(s.Accounts.Now())
	if asked.Request, err = s.deletion(ctx, c.Account); err != nil {
		return nil, unavailable(err)
	}
	if asked.Apps, err = s.count(ctx, c.Account, "app/"); err != nil {
		return nil, unavailable(err)
	}
	if asked.Members, err = s.count(ctx, c.Account, "member/"); err != nil {
		return nil, unavailable(err)
	}
	return asked, nil
}

// mayDelete refuses who may not delete the account, and whose session has been
// open for long: a screen that was left alone must not be enough.
func (s *Service) mayDelete(c *account.Caller) error {
	switch err := c.Allow(account.DeleteAccount); {
	case err != nil:
		return err
	case !c.Principal.Session():
		return forbidden("an access token cannot delete an account: sign in")
	case s.Accounts.Now().Sub(c.Principal.Since) >= freshness:
		return &fault.Error{
			Kind: fault.Forbidden, Code: wire.CodeSignInAgain,
			Text: "this session is older than 15 minutes: sign in again, then delete the account",
		}
	}
	return nil
}

func (s *Service) count(ctx context.Context, of account.ID, prefix string) (n int, err error) {
	for after := ""; ; {
		page, next, err := s.Accounts.Directory.List(ctx, of.Part(), prefix, after, directory.MaxPage)
		if err != nil {
			return 0, err
		}
		n += len(page)
		if after = next; after == "" {
			return n, nil
		}
	}
}

// Delete deletes the account for good, and returns what the deletion can be
// followed by. Nothing of it can be read any more when this returns; the rest is
// done by a job, which nothing stops. Repeating it is no error, as long as the
// caller can still be made.
func (s *Service) Delete(ctx context.Context, c *account.Caller, phrase string) (ledger.RequestID, error) {
	if err := s.mayDelete(c); err != nil {
		return "", err
	}
	p, err := s.phrases(ctx, c)
	if err != nil {
		return "", unavailable(err)
	}
	if err := p.check(phrase, s.Accounts.Now()); err != nil {
		return "", err
	}
	request, err := s.deletion(ctx, c.Account)
	if err != nil {
		return "", unavailable(err)
	}
	if err := s.enter(ctx, request, c.Account, ledger.Deletion, ledger.Requested, nil); err != nil {
		return "", unavailable(err)
	}
	if err := s.condemn(ctx, c.Account, request); err != nil {
		return "", unavailable(err)
	}
	// From here on it happens, whatever fails: the job begins with the key, and
	// hosts look for jobs that nobody has told them of.
	destroyed := s.Accounts.Vault.Destroy(ctx, string(c.Account))
	_ = s.Accounts.Begin(ctx, string(request))
	if destroyed != nil {
		return "", unavailable(destroyed)
	}
	return request, nil
}

// attempts is how often condemn begins anew when somebody changes the account's
// profile at the same time.
const attempts = 5

// condemn puts the account into the state Deleting, and leaves the job, unless
// that has happened before.
func (s *Service) condemn(ctx context.Context, of account.ID, request ledger.RequestID) error {
	var err error
	for range attempts {
		var record directory.Record
		record, err = s.Accounts.Directory.Get(ctx, keyOf(of, "account"))
		if errors.Is(err, directory.ErrAbsent) {
			return nil // it is swept already
		}
		if err != nil {
			return err
		}
		if deleting(record) {
			return nil
		}
		var change directory.Change
		if change, err = account.Condemn(record); err != nil {
			return err
		}
		todo := job.Job{ID: job.ID(request), Kind: job.EraseAccount, Account: string(of), Started: s.now()}
		if todo.Who, err = s.who(ctx, of); err != nil {
			return err
		}
		if _, err = s.Accounts.Directory.Apply(ctx, change, todo.Make()); !errors.Is(err, directory.ErrConflict) {
			return err
		}
	}
	return err
}

func deleting(r directory.Record) bool {
	var a struct {
		State account.State `json:"state"`
	}
	return json.Unmarshal(r.Value, &a) == nil && a.State == account.Deleting
}
