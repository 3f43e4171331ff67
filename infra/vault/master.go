package vault

import (
	"context"
	"errors"
)

// Master is the keys that data keys are wrapped with: one of them wraps, all of
// them unwrap. Safe for concurrent use. Its errors hold no key, and none of them
// is seal.ErrNoKey.
type Master interface {
	// Current returns the name of the master key that wraps.
	Current(ctx context.Context) (string, error)
	// Wrap returns a data key wrapped for its owner, and the name of the
	// master key that did it.
	Wrap(ctx context.Context, key []byte, owner string) (master string, wrapped []byte, err error)
	// Unwrap returns what that master key has wrapped for this owner.
	// ErrNoMaster is in the chain of the error if it is not here, and
	// seal.ErrSealed if it wrapped nothing like this.
	Unwrap(ctx context.Context, master string, wrapped []byte, owner string) ([]byte, error)
}

// ErrNoMaster says that a data key was wrapped with a master key that is not
// here. It does not say that the data key is lost: put the master key back.
var ErrNoMaster = errors.New("the master key that wrapped this data key is not here")
