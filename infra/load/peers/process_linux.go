package peers

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel kill the process when this one dies, and keeps a terminal's Ctrl-C from it: it is
// stopped in order.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
