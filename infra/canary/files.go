package canary

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Files looks into every file below a folder, and at their names. skip is asked
// for each, with its path below the folder; nil skips nothing. A file that goes
// away meanwhile is no error.
func (s *Searcher) Files(sort, folder string, noise bool, skip func(path string) bool) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(folder, path)
		if err != nil || skip != nil && skip(below) {
			return err
		}
		if below != "." {
			s.look(Place{Sort: sort, Name: "name of " + below, Look: "ls -la " + strconv.Quote(filepath.Dir(path))}, nil, []byte(below), 0)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return s.file(Place{Sort: sort, Name: below, Look: lookAt(path), Noise: noise}, path)
	})
}

// File looks into one file.
func (s *Searcher) File(sort, path string) error {
	return s.file(Place{Sort: sort, Name: filepath.Base(path), Look: lookAt(path)}, path)
}

func (s *Searcher) file(p Place, path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return s.Reader(p, f)
}

// lookAt returns the command that shows a file from a hit's offset on.
func lookAt(path string) string {
	return "tail -c +OFFSET " + strconv.Quote(path) + " | head -c 64 | xxd"
}
