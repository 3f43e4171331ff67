package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Names of files in the data folder; see the package comment.
const (
	nodeFile         = "node"
	developmentFile  = "development.json"
	runningFile      = "running.json"
	certificatesName = "certificates"
)

// Folder is a data folder, or nothing at all: "" keeps nothing on disk.
type Folder string

// Make makes the folder if it is not there, for its owner only, and finds out
// whether it can be written to.
func (f Folder) Make() error {
	if f == "" {
		return nil
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return f.explain(err)
	}
	probe, err := os.CreateTemp(string(f), ".probe-*")
	if err != nil {
		return f.explain(err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// explain says of an error of the file system what a person can do about it.
func (f Folder) explain(err error) error {
	const instead = "say --data DIR for another folder, or --memory to keep nothing"
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the data folder %s cannot be written to by this user: make it so, or %s (%w)", f, instead, err)
	case errors.Is(err, fs.ErrExist), isNotDirectory(err):
		return fmt.Errorf("the data folder %s cannot be made, because a file is in its way: %s (%w)", f, instead, err)
	default:
		return fmt.Errorf("the data folder %s cannot be used: %s (%w)", f, instead, err)
	}
}

func isNotDirectory(err error) bool {
	var at *fs.PathError
	if !errors.As(err, &at) {
		return false
	}
	info, statErr := os.Stat(at.Path)
	return statErr == nil && !info.IsDir()
}

func (f Folder) path(name string) string { return filepath.Join(string(f), name) }

// read decodes a file of the folder. The error is fs.ErrNotExist when it is
// not there, and never repeats what stands in it.
func (f Folder) read(name string, into any) error {
	if f == "" {
		return fs.ErrNotExist
	}
	data, err := os.ReadFile(f.path(name))
	if err != nil {
		return err
	}
	if json.Unmarshal(data, into) != nil {
		return fmt.Errorf("%s is damaged: move it away to start afresh", f.path(name))
	}
	return nil
}

// write replaces a file of the folder, readable by its owner only. After a
// crash there is either the old or the new one.
func (f Folder) write(name string, what any) error {
	if f == "" {
		return nil
	}
	data, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	temp, err := os.CreateTemp(string(f), "."+name+"-*") // mode 0600
	if err != nil {
		return f.explain(err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // gone already, if all went well
	_, err = temp.Write(append(data, '\n'))
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), f.path(name))
	}
	if err != nil {
		return f.explain(err)
	}
	return f.sync()
}

// sync makes the folder's own entries survive a loss of power, where the
// system lets a folder be synced.
func (f Folder) sync() error {
	dir, err := os.Open(string(f))
	if err != nil {
		return f.explain(err)
	}
	_ = dir.Sync() // Windows cannot, and needs not
	return dir.Close()
}

func (f Folder) remove(name string) error {
	if f == "" {
		return nil
	}
	if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
