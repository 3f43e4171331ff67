package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"tacet/infra/config"
	"tacet/infra/local/standalone"
)

// folders returns where to look for a platform of this machine: in data if
// that is said, else in the user's data folder and then in .tacet here, where
// "make run" keeps it.
func folders(data string) []string {
	if data != "" {
		return []string{data}
	}
	var all []string
	if user := config.UserData(runtime.GOOS, os.Getenv); user != "" {
		all = append(all, user)
	}
	if here, err := filepath.Abs(".tacet"); err == nil {
		all = append(all, here)
	}
	return all
}

// running returns the platform that runs on this machine.
func running(data string) (standalone.Running, error) {
	all := folders(data)
	for _, folder := range all {
		r, err := standalone.ReadRunning(folder)
		if !errors.Is(err, standalone.ErrNotRunning) {
			return r, err
		}
	}
	return standalone.Running{}, fmt.Errorf("no platform is running on this machine (looked in %s): start one with tacet run, "+
		"say --data DIR if it keeps its data elsewhere, or say --url and --token", join(all, ", "))
}

// development returns the development application of this machine: that of
// the platform that runs, else the first there is.
func development(data string) (standalone.Development, error) {
	all := folders(data)
	for _, folder := range all {
		if _, err := standalone.ReadRunning(folder); err == nil {
			all = append([]string{folder}, all...)
			break
		}
	}
	for _, folder := range all {
		d, err := standalone.ReadDevelopment(folder)
		if !errors.Is(err, standalone.ErrNoDevelopment) {
			return d, err
		}
	}
	return standalone.Development{}, fmt.Errorf("there is no development application yet (looked in %s): "+
		"tacet run makes one at its first start. Or sign with a key of your own: --secret or --key", join(folders(data), ", "))
}
