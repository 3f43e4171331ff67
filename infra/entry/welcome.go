package entry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"tacet/core/fault"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/logging"
)

// Welcome is the function that greets a connection once it is open. Nothing
// routes to it: connect invokes it asynchronously, with a Greeting.
type Welcome struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
	// Wait waits between two attempts, or returns the context's error. Nil is
	// a timer.
	Wait func(context.Context, time.Duration) error
}

// Greeting is the event of Welcome. It carries ids only, because what is
// invoked asynchronously rests in a queue.
type Greeting struct {
	ConnectionID wire.ConnID `json:"connectionId"`
}

var (
	errNotGreeting = errors.New("entry: not the event of a greeting")
	errNotGreeted  = errors.New("entry: the greeting failed")
)

// Invoke greets the connection of a Greeting in JSON. A connection that is
// gone is no error. After another failure the host may invoke it again; the
// error says nothing, because Lambda writes it into a log.
func (f Welcome) Invoke(ctx context.Context, event []byte) (_ []byte, err error) {
	var g Greeting
	if json.Unmarshal(event, &g) != nil || g.ConnectionID == "" {
		return nil, errNotGreeting
	}
	return nil, f.Greet(ctx, g.ConnectionID)
}

// Greet greets the connection. It takes as long as the connection takes to
// open, five seconds at most.
func (f Welcome) Greet(ctx context.Context, id wire.ConnID) (err error) {
	ctx = logging.With(ctx, logging.IDs{Connection: string(id)})
	log := loggerOr(f.Log)
	defer recovered(ctx, log, "greeting", func() { err = errNotGreeted })
	wait := f.Wait
	if wait == nil {
		wait = sleep
	}
	level, attrs := slog.LevelInfo, []slog.Attr(nil)
	if failure := f.Service.Welcome(ctx, id, wait); failure != nil {
		level, attrs = logging.Failure(failure)
		if fault.KindOf(failure) != fault.NotFound {
			err = errNotGreeted
		}
	}
	log.LogAttrs(ctx, level, "welcome", attrs...)
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
