package embedded

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrFull is returned by what would write to a disk that is nearly full.
var ErrFull = errors.New("the disk of the data folder is nearly full")

// reserve is what writing leaves free, in bytes. Badger writes to mapped files
// that are larger than what is in them: where the disk has no room for a page,
// the system ends the process. So nothing is written when what Badger may have
// begun, two logs and what a compaction writes, would not fit any more.
const reserve = 64 << 20

// space says whether there is room to write, and asks the system once in a
// while.
type space struct {
	free func() (uint64, error) // nil in memory

	mu    sync.Mutex
	asked time.Time
	err   error
}

// check returns ErrFull or nil. Where the system does not say, there is room.
func (s *space) check() error {
	if s.free == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.asked) > 100*time.Millisecond {
		s.asked, s.err = now, nil
		if n, err := s.free(); err == nil && n < reserve {
			s.err = fmt.Errorf("%w: %d MB are left, and the last %d MB are not written to; make room", ErrFull, n>>20, reserve>>20)
		}
	}
	return s.err
}
