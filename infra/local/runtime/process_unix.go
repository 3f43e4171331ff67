//go:build unix

package runtime

import (
	"os"
	"syscall"
)

// signal asks a process and all of its group to end, or ends them by force.
func signal(p *os.Process, force bool) {
	s := syscall.SIGTERM
	if force {
		s = syscall.SIGKILL
	}
	_ = syscall.Kill(-p.Pid, s) // it may have ended already
}
