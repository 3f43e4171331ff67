package site

import (
	"errors"
	"syscall"
)

// Winsock's numbers, which package syscall does not name.
const (
	wsaeaddrinuse    = syscall.Errno(10048)
	wsaeaddrnotavail = syscall.Errno(10049)
)

// forConnections returns a number that no handle reaches: Windows has no limit
// that a process could run into.
func forConnections() uintptr { return ^uintptr(0) }

func isInUse(err error) bool   { return errors.Is(err, wsaeaddrinuse) }
func isNotOurs(err error) bool { return errors.Is(err, wsaeaddrnotavail) }
