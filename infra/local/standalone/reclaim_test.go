package standalone

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each time costs a look at everything that is there.
func TestWhereThereAreManyACrowdIsAnEighthOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var connections, freed atomic.Int32
		go giveBack(ctx, func() int { return int(connections.Load()) }, func() { freed.Add(1) })
		for i, step := range []struct{ connections, freed int32 }{
			{80 * crowd, 2}, {89 * crowd, 2}, {90 * crowd, 3}, {81 * crowd, 3}, {79 * crowd, 4}, {0, 5},
		} {
			connections.Store(step.connections)
			time.Sleep(4 * settled)
			if got := freed.Load(); got != step.freed {
				t.Errorf("step %d, %d connections: given back %d times, want %d", i, step.connections, got, step.freed)
			}
		}
		cancel()
	})
}
