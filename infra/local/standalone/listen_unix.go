//go:build !windows

package standalone

import (
	"errors"
	"syscall"
)

func isInUse(err error) bool   { return errors.Is(err, syscall.EADDRINUSE) }
func isNotOurs(err error) bool { return errors.Is(err, syscall.EADDRNOTAVAIL) }
