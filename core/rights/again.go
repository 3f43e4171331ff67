package rights

import (
	"context"
	"errors"

	"tacet/core/account"
	"tacet/core/ledger"
	"tacet/core/seal"
)

// Again deletes an account once more if it was deleted before: a store that was
// restored from a copy of before holds it again, and the ledger, which is not
// put back, knows. It reports whether that is so. Repeating it is no error.
func (s *Service) Again(ctx context.Context, of account.ID) (bool, error) {
	request, err := s.deletion(ctx, of)
	if err != nil {
		return false, err
	}
	entries, err := s.Ledger.Of(ctx, request)
	if err != nil {
		return false, err
	}
	if gone, err := s.wasDeleted(ctx, of, entries); err != nil || !gone {
		return false, err
	}
	if err := s.condemn(ctx, of, request); err != nil {
		return false, err
	}
	return true, s.Accounts.Begin(ctx, string(request))
}

// wasDeleted reports whether a deletion has gone so far that it cannot be taken
// back. One that was asked for and failed at once, with the key still there,
// has not.
func (s *Service) wasDeleted(ctx context.Context, of account.ID, entries []ledger.Entry) (bool, error) {
	if len(entries) == 0 {
		return false, nil
	}
	for _, e := range entries {
		if e.Stage == ledger.Completed {
			return true, nil
		}
	}
	_, err := s.Accounts.Vault.Sealer(ctx, string(of))
	if errors.Is(err, seal.ErrNoKey) {
		return true, nil
	}
	return false, err
}
