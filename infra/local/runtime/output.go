package runtime

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is up to how many bytes a function's lines are passed on.
const maxLine = 16 << 10

// output is where the lines of all functions go.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

// of returns a writer for what one process writes. It never fails: a process
// must not notice that nobody listens.
func (o *output) of(name string) *lines { return &lines{output: o, prefix: name + " | "} }

// lines passes text on line by line. What is too long is cut.
type lines struct {
	output  *output
	prefix  string
	partial []byte
	long    bool // the line that is being read has been passed on already
}

// Write takes text as it comes.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		line, rest, whole := bytes.Cut(p, []byte{'\n'})
		p = rest
		if room := maxLine - len(l.partial); !l.long {
			l.partial = append(l.partial, line[:min(len(line), room)]...)
			l.long = len(line) > room
			if l.long || whole {
				l.pass(l.long)
			}
		}
		if whole {
			l.long = false
		}
	}
	return n, nil
}

// flush passes on what has no end yet. Nothing may be written meanwhile.
func (l *lines) flush() {
	if len(l.partial) > 0 {
		l.pass(false)
	}
}

func (l *lines) pass(cut bool) {
	end := "\n"
	if cut {
		end = " … (cut)\n"
	}
	text := append([]byte(l.prefix), l.partial...)
	text = append(text, end...)
	l.partial = l.partial[:0]
	l.output.mu.Lock()
	defer l.output.mu.Unlock()
	_, _ = l.output.w.Write(text)
}
