package standalone

import (
	"context"
	"time"
)

// crowd is how many connections must have come or gone for their handshakes to
// have left something worth collecting, and settled how long none must have.
// Where there are many already, collecting costs more: then a crowd is an
// eighth of them.
const (
	crowd   = 500
	settled = 200 * time.Millisecond
)

// giveBack calls free, which gives memory back to the system, once when the start
// is over, and when a crowd has come or gone, until ctx ends. A platform on which nobody says anything does
// not allocate, so its garbage would lie there until the runtime looks by
// itself, two minutes later.
func giveBack(ctx context.Context, connections func() int, free func()) {
	tick := time.NewTicker(settled)
	defer tick.Stop()
	select {
	case <-ctx.Done():
		return
	case <-tick.C:
		free()
	}
	for then, last := 0, 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := connections()
		enough := max(crowd, min(now, then)/8)
		if more := now - then; now == last && (more >= enough || more <= -enough) {
			free()
			then = now
		}
		last = now
	}
}
