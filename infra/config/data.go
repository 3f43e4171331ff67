package config

import (
	"path/filepath"
)

// UserData returns the folder in which a user's programs keep what is theirs,
// with tacet's name: the default of --data. goos is runtime.GOOS; getenv reads
// the environment. It returns "" when the environment names no home: then
// --data must be given.
//
// Linux and the BSDs follow the XDG Base Directory Specification; macOS and
// Windows have places of their own.
func UserData(goos string, getenv func(string) string) string {
	under := func(base string, more ...string) string {
		if base == "" || !filepath.IsAbs(base) { // the specification: ignore a relative path
			return ""
		}
		return filepath.Join(append([]string{base}, more...)...)
	}
	switch goos {
	case "windows":
		return under(getenv("LOCALAPPDATA"), "tacet")
	case "darwin":
		return under(getenv("HOME"), "Library", "Application Support", "tacet")
	}
	if dir := under(getenv("XDG_DATA_HOME"), "tacet"); dir != "" {
		return dir
	}
	return under(getenv("HOME"), ".local", "share", "tacet")
}
