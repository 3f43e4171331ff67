//go:build !windows

package command

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileOfSomebodyElseIsNotOurs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	owned := func(path string) bool {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return ownedAlone(info, 0)
	}
	if !owned(file) {
		t.Error("what we have made is not ours")
	}
	theirs := "/" // root's, if it is not ours
	if os.Geteuid() == 0 {
		theirs = file
		if err := os.Chown(file, 65534, 65534); err != nil {
			t.Skip("files cannot be given away here: ", err)
		}
	}
	if owned(theirs) {
		t.Error("a file of somebody else is ours")
	}
}
