package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"tacet/infra/config"
	"tacet/infra/local/site"
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

// running returns the platform that runs on this machine. One that was killed
// leaves its note behind: of several notes the first counts at whose address
// somebody answers. A note that is not trusted counts only as a reason.
func running(data string) (site.Running, error) {
	all := folders(data)
	var noted []site.Running
	var distrust error
	for _, folder := range all {
		r, err := readNote(folder)
		switch {
		case err == nil:
			noted = append(noted, r)
		case distrust == nil && !errors.Is(err, site.ErrNotRunning):
			distrust = err
		}
	}
	if len(noted) == 1 && distrust == nil {
		return noted[0], nil
	}
	for _, r := range noted {
		if r.Answers() {
			return r, nil
		}
	}
	switch {
	case distrust != nil:
		return site.Running{}, distrust
	case len(noted) > 0:
		return noted[0], nil
	}
	return site.Running{}, fmt.Errorf("no platform is running on this machine (looked in %s): start one with tacet run, "+
		"say --data DIR if it keeps its data elsewhere, or say --url and --token", strings.Join(all, ", "))
}

// development returns the development application of this machine: that of
// the platform that runs, else the first there is.
func development(data string) (site.Development, error) {
	all := folders(data)
	if r, err := running(data); err == nil {
		return site.Development{App: r.App, ClientKey: r.ClientKey, AdminKey: r.AdminKey}, nil
	}
	for _, folder := range all {
		d, err := site.ReadDevelopment(folder)
		if !errors.Is(err, site.ErrNoDevelopment) {
			return d, err
		}
	}
	return site.Development{}, fmt.Errorf("there is no development application yet (looked in %s): "+
		"tacet run makes one at its first start. Or sign with a key of your own: --secret or --key", strings.Join(all, ", "))
}
