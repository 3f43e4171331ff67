//go:build unix

package command

import "golang.org/x/sys/unix"

// withoutCore sees to it that this process, and what it starts, leave no core
// file when they crash: it would hold what passes at that moment, and addresses.
func withoutCore() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
