package swarm

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// AllowFiles raises this process's limit of open files to what so many connections need, and that of the processes that
// it starts from now on. An error says what the limit is and what it should be.
func AllowFiles(connections int) error {
	need := uint64(connections) + 128
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit of open files: %w", err)
	}
	if limit.Cur >= need {
		return nil
	}
	hard := limit.Max
	limit.Cur, limit.Max = need, max(need, hard)
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		return nil
	}
	return fmt.Errorf("%d connections need %d open files, and this process may have %d: raise the hard limit (ulimit -Hn)",
		connections, need, hard)
}
