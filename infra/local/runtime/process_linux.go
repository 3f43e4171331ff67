package runtime

import "syscall"

// attributes put a process into a group of its own, and end it when the host
// ends by whatever death.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
