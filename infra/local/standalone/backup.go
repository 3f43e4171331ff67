package standalone

import (
	"context"
	"errors"
	"io"
	"time"

	"tacet/infra/embedded"
)

// backedUp says what a backup takes along. With the vault it can be restored on
// another machine: so the key that the vault's records are wrapped with belongs
// to it, and the development application. Without it the keys of that
// application could not be read there, and a new one is made instead.
func backedUp(withVault bool) embedded.BackupOptions {
	files := []string{"node"}
	if withVault {
		files = append(files, "development.json", masterFile)
	}
	return embedded.BackupOptions{Vault: withVault, Files: files}
}

// BackUp writes a backup of a data folder that no platform works on; trouble is
// told what failed beside. Embedded.ErrInUse is in the chain of the error if one
// does.
func BackUp(ctx context.Context, folder string, withVault bool, w io.Writer, trouble func(what string, err error)) (s embedded.BackupSummary, err error) {
	d, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now, Trouble: trouble})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Backup(ctx, w, backedUp(withVault))
}
