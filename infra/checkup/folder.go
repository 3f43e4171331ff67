package checkup

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// folder looks at a data folder: whose it is, who may read it, how much room
// there is, and whether its keys are there.
func folder(data string, now time.Time) []Finding {
	const what = "data folder"
	info, err := os.Stat(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		above := data
		for ; errors.Is(err, fs.ErrNotExist) && filepath.Dir(above) != above; _, err = os.Stat(above) {
			above = filepath.Dir(above)
		}
		return []Finding{good(what, "%s will be made at the first start", data), room(above)}
	case err != nil:
		return []Finding{bad(what, data+" cannot be looked at ("+innermost(err).Error()+")", "run this as the user who runs the platform, or choose another folder: --data DIR")}
	case !info.IsDir():
		return []Finding{bad(what, data+" is a file", "move it away, or choose another folder: --data DIR")}
	}
	return append([]Finding{rights(data, info), writable(data, now), room(data)}, keys(data)...)
}

// rights looks who else may read what is in the folder.
func rights(data string, info os.FileInfo) Finding {
	const what = "data folder: rights"
	if runtime.GOOS == "windows" {
		return good(what, "those of your profile")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return bad(what, fmt.Sprintf("others may look into %s (mode %#o)", data, info.Mode().Perm()), "chmod 700 "+data)
	}
	var open []string
	entries, err := os.ReadDir(data)
	if err != nil {
		return bad(what, "it cannot be read ("+innermost(err).Error()+")", "run this as the user who runs the platform")
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			open = append(open, e.Name())
		}
	}
	if open != nil {
		return bad(what, "others may read "+strings.Join(open, ", ")+" if the folder lets them", "chmod 600 "+filepath.Join(data, "*")+" (folders 700)")
	}
	return good(what, "nobody else may look into %s", data)
}

// writable looks whether files can be made, and whether the file system has the
// same time.
func writable(data string, now time.Time) Finding {
	const what = "data folder: writing"
	f, err := os.CreateTemp(data, ".checkup-*")
	if err != nil {
		return bad(what, "nothing can be written ("+innermost(err).Error()+")", "run this as the user who runs the platform, or choose another folder: --data DIR")
	}
	defer func() { _ = os.Remove(f.Name()) }() // what is left of it is empty
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return bad(what, "nothing can be written ("+innermost(err).Error()+")", "look at the disk")
	}
	if off := info.ModTime().Sub(now).Abs(); off > time.Minute {
		return note(what, fmt.Sprintf("the file system's clock is %s off", off.Round(time.Second)), "set the clock of the machine that it is on")
	}
	return good(what, "files can be made")
}

const (
	noRoom     = 64 << 20 // below which the stores refuse to write
	littleRoom = 1 << 30
)

func room(data string) Finding {
	const what = "data folder: room"
	free, err := freeSpace(data)
	switch {
	case err != nil:
		return note(what, "how much is free is not known", "have a gigabyte")
	case free < noRoom:
		return bad(what, humanize.IBytes(free)+" are free, too little to write at all", "make room, or choose another disk: --data DIR")
	case free < littleRoom:
		return note(what, humanize.IBytes(free)+" are free", "make room: telemetry of a busy year takes gigabytes")
	}
	return good(what, "%s are free", humanize.IBytes(free))
}

// keys looks whether what is encrypted has its keys.
func keys(data string) (all []Finding) {
	const what = "data folder: keys"
	for _, k := range []struct{ file, opens string }{{"key", filepath.Join("db", "MANIFEST")}, {"master", "vault"}} {
		_, there := os.Stat(filepath.Join(data, k.opens))
		text, err := os.ReadFile(filepath.Join(data, k.file))
		switch {
		case errors.Is(err, fs.ErrNotExist) && there != nil:
			continue // there is nothing to open
		case err != nil:
			all = append(all, bad(what, k.file+" cannot be read, and without it nobody reads what is there", "put a copy of it back, with mode 600"))
		case !whole(text):
			all = append(all, bad(what, k.file+" is damaged", "put a copy of it back, with mode 600"))
		}
	}
	if all == nil {
		return []Finding{good(what, "all there")}
	}
	return all
}

// whole reports whether a file is lines of 64 hex digits.
func whole(text []byte) bool {
	lines := strings.Fields(string(text))
	for _, line := range lines {
		if b, err := hex.DecodeString(line); err != nil || len(b) != 32 {
			return false
		}
	}
	return len(lines) > 0
}
