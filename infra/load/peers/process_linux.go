package peers

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel kill the process when this one dies, and keeps a terminal's Ctrl-C from it: it is
// stopped in order. The kernel means the thread that started it (prctl(2)): Go ends one only with a goroutine that
// stays locked to it, and nothing here locks one.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
