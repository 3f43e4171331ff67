package dynamodb

import (
	"os/exec"
	"syscall"
)

// apart keeps an interrupt that is typed at a terminal from the process.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
