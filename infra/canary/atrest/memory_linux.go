package atrest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"tacet/infra/canary"
)

// ErrNoMemory says that the memory of other processes cannot be read here.
var ErrNoMemory = errors.New("the memory of a process cannot be read here")

// Process looks into the memory of a process. What is found there is no breach
// of a promise: a message is in memory while it passes, and its bytes are until
// something else takes their place.
func Process(s *canary.Searcher, pid int) error {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return ErrNoMemory
	}
	defer func() { _ = maps.Close() }() // it was only read
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return ErrNoMemory
	}
	defer func() { _ = mem.Close() }() // it was only read
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, to int64
		var rights string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); n != 3 || !strings.HasPrefix(rights, "rw") {
			continue // what is not written to came from a file
		}
		p := canary.Place{Sort: Memory, Name: fmt.Sprintf("process %d", pid), Noise: true}
		// A region may be gone, or have pages that cannot be read.
		_ = s.Reader(p, io.NewSectionReader(mem, from, to-from))
	}
	return lines.Err()
}
