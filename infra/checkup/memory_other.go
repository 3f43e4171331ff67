//go:build !linux

package checkup

import "errors"

// freeMemory returns an error: it can be asked for on Linux only.
func freeMemory() (uint64, error) { return 0, errors.ErrUnsupported }

// swapping returns an error: it can be asked for on Linux only.
func swapping() (string, error) { return "", errors.ErrUnsupported }
