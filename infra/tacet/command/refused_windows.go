package command

import (
	"errors"
	"syscall"
)

// isRefused reports whether nobody listens where a connection was tried.
func isRefused(err error) bool {
	const wsaeconnrefused = syscall.Errno(10061)
	return errors.Is(err, wsaeconnrefused) || errors.Is(err, syscall.ECONNREFUSED)
}
