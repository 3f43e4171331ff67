package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// writeFile writes a file that its owner alone may read, and returns when the
// disk says that it has it.
func writeFile(folder, name string, data []byte) error {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// private reports whether nobody but its owner may read a file, as far as the
// system says so.
func private(path string) bool {
	info, err := os.Stat(path)
	return err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0
}

// overwrite puts zeros in the place of what a file holds.
func overwrite(folder, name string) error {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// rename moves a file, and returns when the folder remembers it.
func rename(folder, from, to string) error {
	if err := os.Rename(filepath.Join(folder, from), filepath.Join(folder, to)); err != nil {
		return err
	}
	return syncFolder(folder)
}
