//go:build unix

package doctor

import "golang.org/x/sys/unix"

// allowCores lets what is started write a core file when it crashes, as far as
// this process may: a platform has to see to it itself that there is none.
func allowCores() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &l) == nil {
		l.Cur = l.Max
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &l) // then there is none anyway
	}
}
