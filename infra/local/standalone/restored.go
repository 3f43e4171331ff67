package standalone

import (
	"context"
	"fmt"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/rights"
	"tacet/infra/embedded"
)

// deleteAgain begins to delete those accounts again that were deleted since the
// backup was made that the directory was restored from. When the ledger is
// empty, none was.
func deleteAgain(ctx context.Context, d *embedded.Disk, r *rights.Service) error {
	if entries, err := d.Ledger.Entries(ctx, 0, 1); err != nil || len(entries) == 0 {
		return err
	}
	for last := ""; ; {
		accounts, err := d.Directory.Parts(ctx, account.ID("").Part().Kind, last, directory.MaxPage)
		if err != nil || len(accounts) == 0 {
			return err
		}
		for _, p := range accounts {
			if _, err := r.Again(ctx, account.ID(p.ID)); err != nil {
				return fmt.Errorf("look whether an account was deleted: %w", err)
			}
			last = p.ID
		}
	}
}
