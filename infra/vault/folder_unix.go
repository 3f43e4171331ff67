//go:build unix

package vault

import (
	"errors"
	"os"
)

// syncFolder returns when the folder remembers its files' names.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
