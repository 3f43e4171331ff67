package atrest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tacet/core/directory"
	"tacet/infra/canary"
	"tacet/infra/embedded"
	"tacet/infra/vault"
)

// masterFile is where the key lies that wraps data keys.
const masterFile = "master"

// Folder looks into a data folder: each file as it is, and the stores in it, of
// a copy that is made below scratch and removed again. A platform may work on
// the folder meanwhile.
func Folder(ctx context.Context, s *canary.Searcher, folder, scratch string) error {
	if err := s.Files(File, folder, true, nil); err != nil {
		return err
	}
	copied := filepath.Join(scratch, "copy")
	defer os.RemoveAll(copied)
	// A file of the stores may vanish between two looks at a folder on which a
	// platform works: then the copy is none, and another is made.
	var err error
	for range 5 {
		if err = errors.Join(os.RemoveAll(copied), copyFolder(folder, copied)); err != nil {
			return err
		}
		if err = stores(ctx, s, copied, Record, Sealed); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// Backedup looks into a backup of a folder, by restoring it below scratch with
// the keys of the folder.
func Backedup(ctx context.Context, s *canary.Searcher, file, folder, scratch string) error {
	if err := s.File("backup file", file); err != nil {
		return err
	}
	restored := filepath.Join(scratch, "restored")
	defer os.RemoveAll(restored)
	if err := os.MkdirAll(restored, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"key", "vault", masterFile} {
		if err := copyFile(filepath.Join(folder, name), filepath.Join(restored, name)); err != nil {
			return err
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if _, err := embedded.Restore(ctx, embedded.RestoreOptions{Folder: restored}, f); err != nil {
		return fmt.Errorf("restore the backup to look into it: %w", err)
	}
	return stores(ctx, s, restored, Backup, BackedUp)
}

// stores opens the stores of a folder that is nobody else's, and looks into
// them.
func stores(ctx context.Context, s *canary.Searcher, folder, sort, opened string) (err error) {
	d, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
	if err != nil {
		return fmt.Errorf("open a copy of the data folder: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	seals, err := openSeals(ctx, d.Vault, filepath.Join(folder, masterFile))
	if err != nil {
		return err
	}
	return d.Inspect(ctx, func(e embedded.Entry) error {
		place := canary.Place{Sort: sort, Name: e.Name(), Look: fmt.Sprintf("version %d of the entry; its key in hex: %x", e.Version, e.Key)}
		s.Bytes(place, append(append([]byte{}, e.Key...), e.Value...))
		if value, ok := e.Record(); ok {
			seals.look(s, opened, e.Name(), place.Look, value)
		}
		return nil
	})
}

// openSeals returns what opens what is sealed with the keys of a vault.
func openSeals(ctx context.Context, keys directory.Directory, master string) (*seals, error) {
	file, err := vault.OpenKeyFile(master)
	if errors.Is(err, fs.ErrNotExist) {
		return &seals{}, nil // nothing was ever sealed
	}
	if err != nil {
		return nil, err
	}
	return newSeals(ctx, vault.Options{Directory: keys, Master: file, Now: time.Now})
}

// copyFolder copies what is in a folder. What vanishes meanwhile is left out.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, below), 0o700)
		case d.Type().IsRegular():
			return copyFile(path, filepath.Join(to, below))
		}
		return nil
	})
}

// copyFile copies a file, if it is there.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
