//go:build !windows

package site

import (
	"errors"
	"syscall"
)

// forConnections returns from which number on files are not for connections.
func forConnections() uintptr {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur > 1<<30 {
		return 1 << 30 // as good as no limit
	}
	return uintptr(max(files.Cur/2, files.Cur-min(files.Cur, kept)))
}

func isInUse(err error) bool   { return errors.Is(err, syscall.EADDRINUSE) }
func isNotOurs(err error) bool { return errors.Is(err, syscall.EADDRNOTAVAIL) }
