package config

import "runtime/debug"

// Version returns what this program was built from, "unknown" if it does not
// know.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
