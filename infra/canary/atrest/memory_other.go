//go:build !linux

package atrest

import (
	"errors"

	"tacet/infra/canary"
)

// ErrNoMemory says that the memory of other processes cannot be read here.
var ErrNoMemory = errors.New("the memory of a process can be read on Linux only")

// Process returns ErrNoMemory.
func Process(*canary.Searcher, int) error { return ErrNoMemory }
