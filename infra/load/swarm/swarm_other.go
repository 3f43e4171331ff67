//go:build !linux

package swarm

import (
	"context"
	"time"
)

// Swarm cannot be had here; see [ErrPlatform].
type Swarm struct{}

// Open returns ErrPlatform.
func Open(context.Context, Settings) (*Swarm, error) { return nil, ErrPlatform }

// Grow returns ErrPlatform.
func (*Swarm) Grow(context.Context, int) (time.Duration, error) { return 0, ErrPlatform }

// Subscribe returns ErrPlatform.
func (*Swarm) Subscribe(context.Context, string) error { return ErrPlatform }

// Publish returns ErrPlatform.
func (*Swarm) Publish(context.Context, int) (Outcome, error) { return Outcome{}, ErrPlatform }

// Close does nothing.
func (*Swarm) Close() {}

// AllowFiles returns ErrPlatform.
func AllowFiles(int) error { return ErrPlatform }
