package scenario

import (
	"fmt"
	"strings"
	"sync"
)

// transcript is what was said, for people who look for a mistake. Safe for
// concurrent use.
type transcript struct {
	mu    sync.Mutex
	lines []string
}

const (
	transcriptLines = 60  // the last ones are shown
	transcriptWidth = 400 // characters of a frame
)

func (t *transcript) line(text string) { t.add("\n  " + text) }

// said notes a frame in one direction.
func (t *transcript) said(who, arrow, what string) {
	if len(what) > transcriptWidth {
		what = fmt.Sprintf("%s… (%d bytes)", what[:transcriptWidth], len(what))
	}
	t.add(fmt.Sprintf("      %-8s %s %s", who, arrow, what))
}

func (t *transcript) add(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, s)
}

// String returns the end of it.
func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	shown := t.lines[max(0, len(t.lines)-transcriptLines):]
	return "\n  ---- what was said\n" + strings.Join(shown, "\n")
}
