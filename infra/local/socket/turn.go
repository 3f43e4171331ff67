package socket

import "time"

// turn measures how long one connection keeps the others of its loop waiting. A nil turn
// has no end.
type turn struct {
	srv    *Server
	frames int
	until  int64 // by Server.now; 0 before the first look at the clock
}

// pace says how long things may take on a loop. Frames cost anything from a third of a
// microsecond to the tenth of a millisecond that a publication to thousands takes, so it
// is time that is shared out, not frames or bytes.
type pace struct {
	// turn is how long one connection's frames are handled before others get their turn.
	turn time.Duration
	// round is how long what is sent gathers, at most, before it leaves, once a second
	// connection has had a turn and may wait for an answer. Shorter, the answer comes
	// sooner while another publishes without end; longer, more frames leave with one
	// write: at 8 ms a burst to 1,000 costs an eighth more CPU time than
	// without a limit, one to 5,000 two thirds; at 4 ms a third, and two and a
	// half times as much.
	round time.Duration
}

var defaultPace = pace{turn: time.Millisecond, round: 8 * time.Millisecond}

// turnLook is how many frames go by between two looks at the clock, which take 40 ns each.
const turnLook = 8

// over is asked before each frame.
func (t *turn) over() bool {
	if t == nil {
		return false
	}
	if t.frames++; t.frames%turnLook != 0 {
		return false
	}
	now := t.srv.now()
	if t.until == 0 {
		t.until = now + int64(t.srv.pace.turn)
	}
	return now >= t.until
}
