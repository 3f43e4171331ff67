package stack

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// finishing is how long requests under way may take to finish.
	finishing = time.Second
	// giveUp is how long a start that failed may take to free what it had.
	giveUp = 3 * time.Second
)

// Stop stops accepting, ends every connection, lets the functions finish, and
// ends them and DynamoDB. When ctx ends first the rest is cut short: all
// processes are gone when it returns.
func (s *Stack) Stop(ctx context.Context) error {
	err := s.folder.Forget() // from here on nobody finds it
	return errors.Join(err, s.release(ctx))
}

// release frees whatever a start has got to. Outermost first: what is behind
// must be there for what is in front.
func (s *Stack) release(ctx context.Context) error {
	if s.cancel != nil {
		s.cancel()
		s.feeding.Wait()
	}
	var err error
	// Some of the time is for those behind.
	front, cancel := context.WithTimeout(ctx, remaining(ctx)*2/3)
	defer cancel()
	if s.outer != nil {
		bounded, cancel := context.WithTimeout(front, finishing)
		defer cancel()
		if s.outer.Shutdown(bounded) != nil {
			_ = s.outer.Close() // the listener is closed already
		}
	}
	if s.gateway != nil {
		if failure := s.gateway.Shutdown(front); failure != nil {
			err = fmt.Errorf("not every connection could be ended in good order: %w", failure)
		}
	}
	if s.host != nil {
		err = errors.Join(err, s.host.Close(ctx))
	}
	if s.inner != nil {
		_ = s.inner.Close() // nobody is left who could call
	}
	if s.local != nil {
		s.local.Stop()
	}
	return err
}

// remaining returns how much time a context has left.
func remaining(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Minute
	}
	return time.Until(end)
}
