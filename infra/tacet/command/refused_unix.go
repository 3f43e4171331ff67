//go:build !windows

package command

import (
	"errors"
	"syscall"
)

// isRefused reports whether nobody listens where a connection was tried.
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
