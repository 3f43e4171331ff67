package rights

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/ledger"
)

// Scope says what a download is of.
type Scope string

// The scopes.
const (
	WholeAccount Scope = "account" // everything held about the account; needs ExportAccount
	OneSelf      Scope = "self"    // what is held about the member who asks
)

var scopes = map[Scope]account.Action{WholeAccount: account.ExportAccount, OneSelf: account.ExportSelf}

// open is for how long a download can be fetched, or fetched on, after it was
// asked for or a volume of it was begun.
const open = 10 * time.Minute

// Export is a download that was asked for.
type Export struct {
	Request ledger.RequestID `json:"request"`
	Scope   Scope            `json:"scope"`
	At      time.Time        `json:"at"`
}

// exportKey is where a download of a member's is kept as long as it is open:
// there is one of each scope at most.
func exportKey(c *account.Caller, scope Scope) directory.Key {
	return c.Key("export/" + string(c.Member) + "/" + string(scope))
}

// Begin asks for a download, and reports whether it is a new one: one of the
// same scope that the member has asked for less than ten minutes ago, and not
// got whole, is not begun again.
func (s *Service) Begin(ctx context.Context, c *account.Caller, scope Scope) (_ *Export, fresh bool, err error) {
	if err := s.mayExport(c, scope); err != nil {
		return nil, false, err
	}
	k := exportKey(c, scope)
	x, _, err := s.export(ctx, k)
	if errors.Is(err, directory.ErrAbsent) {
		x, fresh, err = s.ask(ctx, c, k, scope)
	}
	if err != nil {
		return nil, false, unavailable(err)
	}
	return x, fresh, unavailable(s.enter(ctx, x.Request, c.Account, ledger.Download, ledger.Requested, nil))
}

// ask keeps a download, unless somebody has done that at the same time.
func (s *Service) ask(ctx context.Context, c *account.Caller, k directory.Key, scope Scope) (*Export, bool, error) {
	random := make([]byte, 16)
	s.Accounts.Random(random)
	x := &Export{Request: ledger.RequestID(hex.EncodeToString(random)), Scope: scope, At: s.now()}
	value, err := json.Marshal(x)
	if err != nil {
		return nil, false, err
	}
	_, err = c.Apply(ctx, scopes[scope], string(x.Request), directory.Put(k, value, x.At.Add(open), directory.IfAbsent))
	if errors.Is(err, directory.ErrConflict) {
		if x, _, err = s.export(ctx, k); errors.Is(err, directory.ErrAbsent) {
			err = errMember // nobody else has asked: the caller is not what he was
		}
		return x, false, err
	}
	return x, err == nil, err
}

var errMember = &fault.Error{Kind: fault.Conflict, Text: "your membership was changed at this moment: try again"}

func (s *Service) export(ctx context.Context, k directory.Key) (*Export, directory.Record, error) {
	r, err := s.Accounts.Directory.Get(ctx, k)
	if err != nil {
		return nil, r, err
	}
	x := new(Export)
	return x, r, json.Unmarshal(r.Value, x)
}

func (s *Service) mayExport(c *account.Caller, scope Scope) error {
	action, ok := scopes[scope]
	if !ok {
		return &fault.Error{Kind: fault.Invalid, Text: "the scope is account, for everything held about the account, or self, for what is held about you"}
	}
	return c.Allow(action)
}

// Volume says which part of a download is wanted.
type Volume struct {
	// After is what the volume before ended with; "" for the first.
	After string
	// Bytes is about how long it may be; 0 for no limit. It ends after the file
	// with which it has become longer, and also when the context's time is
	// nearly over.
	Bytes int64
}

// Write writes a volume of an open download as a ZIP, and returns what the next
// one begins after; "" if this was the last: then the download is closed. After
// an error, which may come in the middle of the ZIP, the same volume can be
// written again.
func (s *Service) Write(ctx context.Context, c *account.Caller, request string, w io.Writer, v Volume) (next string, err error) {
	x, r, err := s.opened(ctx, c, request)
	if err != nil {
		return "", err
	}
	if !isPlace(v.After) {
		return "", &fault.Error{Kind: fault.Invalid, Text: "there is no such place to go on after: take the one that the volume before has ended with"}
	}
	// Nobody gets anything of which the ledger does not know.
	if err := s.enter(ctx, x.Request, c.Account, ledger.Download, ledger.Requested, nil); err != nil {
		return "", unavailable(err)
	}
	r, err = s.keepOpen(ctx, r)
	if err != nil {
		return "", unavailable(err)
	}
	next, err = s.archive(ctx, c, x, w, v)
	if next != "" || err != nil {
		return next, unavailable(err)
	}
	if err := s.enter(ctx, x.Request, c.Account, ledger.Download, ledger.Completed, nil); err != nil {
		return "", unavailable(err)
	}
	_, err = s.Accounts.Directory.Apply(ctx, directory.Remove(r))
	if errors.Is(err, directory.ErrConflict) {
		err = nil // it is fetched a second time at this moment, and stays open for that
	}
	return "", unavailable(err)
}

// opened returns an open download of the caller's, and its record.
func (s *Service) opened(ctx context.Context, c *account.Caller, request string) (*Export, directory.Record, error) {
	for _, scope := range []Scope{WholeAccount, OneSelf} {
		x, r, err := s.export(ctx, exportKey(c, scope))
		switch {
		case errors.Is(err, directory.ErrAbsent):
		case err != nil:
			return nil, r, unavailable(err)
		case string(x.Request) == request:
			return x, r, s.mayExport(c, scope)
		}
	}
	return nil, directory.Record{}, absent("there is no such download, or its ten minutes are over: ask for a new one")
}

// keepOpen gives a download another ten minutes.
func (s *Service) keepOpen(ctx context.Context, r directory.Record) (directory.Record, error) {
	r.Expires = s.Accounts.Now().Add(open)
	v, err := s.Accounts.Directory.Apply(ctx, directory.Replace(r, r.Value))
	if errors.Is(err, directory.ErrConflict) {
		return r, &fault.Error{Kind: fault.Conflict, Text: "this download is being fetched at the same time: wait for that, or try again"}
	}
	r.Version = v
	return r, err
}
