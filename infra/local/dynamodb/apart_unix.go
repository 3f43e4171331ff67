//go:build unix

package dynamodb

import (
	"os/exec"
	"syscall"
)

// apart keeps an interrupt that is typed at a terminal from the process: it
// goes to the group in front.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
