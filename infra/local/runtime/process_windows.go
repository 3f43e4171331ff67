package runtime

import (
	"os"
	"syscall"
)

// attributes put a process into a group of its own, which Ctrl-C does not
// reach.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// signal ends a process: Windows knows no other way.
func signal(p *os.Process, _ bool) { _ = p.Kill() }
