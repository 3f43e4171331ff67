package pubsubtest

import "errors"

// is reports whether err is the sentinel, or nil when that is nil.
func is(err, sentinel error) bool {
	if sentinel == nil {
		return err == nil
	}
	return errors.Is(err, sentinel)
}
