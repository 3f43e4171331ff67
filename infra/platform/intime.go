package platform

import (
	"context"
	"time"
)

// toAnswer is what is left of an event's time when its context ends. API Gateway
// waits for 29 seconds, the start of the process included, and some functions
// have as many.
const toAnswer = time.Second

// inTime is a function whose events end before Lambda ends the process, which it
// does at the deadline, whatever is under way: so that it is still said what had
// no time, and what was half done is put right.
type inTime struct{ Handler }

// Invoke implements Handler.
func (f inTime) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-toAnswer))
		defer cancel()
	}
	return f.Handler.Invoke(ctx, event)
}
