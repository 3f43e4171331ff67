package command

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

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

// running returns the platform that runs on this machine. One that was killed
// leaves its note behind: of several notes the first counts at whose address
// somebody answers.
func running(data string) (standalone.Running, error) {
	all := folders(data)
	var noted []standalone.Running
	for _, folder := range all {
		r, err := standalone.ReadRunning(folder)
		switch {
		case err == nil:
			noted = append(noted, r)
		case !errors.Is(err, standalone.ErrNotRunning):
			return r, err
		}
	}
	if len(noted) == 0 {
		return standalone.Running{}, fmt.Errorf("no platform is running on this machine (looked in %s): start one with tacet run, "+
			"say --data DIR if it keeps its data elsewhere, or say --url and --token", strings.Join(all, ", "))
	}
	if len(noted) > 1 {
		for _, r := range noted {
			if answers(r) {
				return r, nil
			}
		}
	}
	return noted[0], nil
}

// answers reports whether somebody listens where a platform said it would.
func answers(r standalone.Running) bool {
	u, err := url.Parse(r.HTTP)
	if err != nil {
		return false
	}
	port := u.Port()
	if port == "" {
		port = "443" // of a domain
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// development returns the development application of this machine: that of
// the platform that runs, else the first there is.
func development(data string) (standalone.Development, error) {
	all := folders(data)
	if r, err := running(data); err == nil {
		return standalone.Development{App: r.App, ClientKey: r.ClientKey, AdminKey: r.AdminKey}, nil
	}
	for _, folder := range all {
		d, err := standalone.ReadDevelopment(folder)
		if !errors.Is(err, standalone.ErrNoDevelopment) {
			return d, err
		}
	}
	return standalone.Development{}, fmt.Errorf("there is no development application yet (looked in %s): "+
		"tacet run makes one at its first start. Or sign with a key of your own: --secret or --key", strings.Join(all, ", "))
}
