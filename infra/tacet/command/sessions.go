package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"tacet/infra/apiclient"
	"tacet/infra/config"
)

// sessionsName is the file in the user's data folder that holds the sessions of
// deployed platforms, by their addresses: tokens, so its mode is 0600.
const sessionsName = "sessions.json"

func sessionsFile() (string, error) {
	folder := config.UserData(runtime.GOOS, os.Getenv)
	if folder == "" {
		return "", errors.New("there is no home folder to keep a session in: set TACET_TOKEN to an access token instead")
	}
	return filepath.Join(folder, sessionsName), nil
}

// readSessions returns the sessions that are kept. A file that others may read,
// or have written, is not used.
func readSessions() (map[string]apiclient.Session, error) {
	all := map[string]apiclient.Session{}
	file, err := sessionsFile()
	if err != nil {
		return all, err
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return all, nil
	case err != nil:
		return all, err
	case !ownedAlone(info, 0o077):
		return all, fmt.Errorf("others may read %s, which holds sessions; run: chmod 600 %[1]s", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return all, err
	}
	if json.Unmarshal(text, &all) != nil {
		return all, fmt.Errorf("%s is damaged: remove it, and sign in again", file)
	}
	return all, nil
}

// sessionAt returns the token of the session at an address.
func sessionAt(base string, now time.Time) (string, error) {
	all, err := readSessions()
	if err != nil {
		return "", err
	}
	s, ok := all[base]
	switch {
	case !ok:
		return "", fmt.Errorf("you have not signed in at %s: tacet account sign-in --url %[1]s; or set TACET_TOKEN to an access token", base)
	case !s.Expires.After(now):
		return "", fmt.Errorf("your session at %s has ended: tacet account sign-in --url %[1]s", base)
	}
	return s.Token, nil
}

// keepSession keeps the session at an address, and forgets those that have
// ended. The zero session forgets that, too.
func keepSession(base string, s apiclient.Session, now time.Time) error {
	all, err := readSessions()
	if err != nil {
		return err
	}
	all[base] = s
	maps.DeleteFunc(all, func(_ string, s apiclient.Session) bool { return !s.Expires.After(now) })
	file, err := sessionsFile()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), "."+sessionsName+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone already, if all went well
	_, err = part.Write(append(text, '\n'))
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}
