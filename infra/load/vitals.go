package load

import (
	"context"
	"fmt"
	"time"
)

// spent is CPU time used since some point in the past, user and system.
type spent struct{ server, own time.Duration }

// spent reads the clocks. A server that ended shows as one that did nothing: its connections tell what happened.
func (t *trial) spent() spent {
	s := spent{own: ownCPU()}
	if t.server.PID != 0 {
		s.server = processCPU(t.server.PID)
	}
	return s
}

// listen begins to watch what other processes take of the machine, and returns what ends that.
func (t *trial) listen() func() {
	start, busy, own := time.Now(), machineCPU(), t.spent()
	return func() {
		now := t.spent()
		others := machineCPU() - busy - (now.own - own.own) - (now.server - own.server)
		t.sheet.others(max(others, 0).Seconds(), time.Since(start).Seconds())
	}
}

// Resting: how often a server is looked at, how little it may do, how many looks in a row, and after how many there is
// no more waiting.
const (
	restLook  = 100 * time.Millisecond
	restUsed  = 4 * time.Millisecond
	restLooks = 5
	restMost  = 60
)

// weigh waits until the server rests, and returns its resident memory in bytes; 0 for a server that is not ours.
func (t *trial) weigh(ctx context.Context) (int64, error) {
	if t.server.PID == 0 {
		return 0, nil
	}
	tick := time.NewTicker(restLook)
	defer tick.Stop()
	before := processCPU(t.server.PID)
	for look, calm := 0, 0; look < restMost && calm < restLooks; look++ {
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("waiting for the server to rest: %w", ctx.Err())
		case <-tick.C:
		}
		now := processCPU(t.server.PID)
		if calm++; now-before > restUsed {
			calm = 0
		}
		before = now
	}
	return processMemory(t.server.PID)
}
