package load

import (
	"fmt"
	"io"
)

// Lines gives a progress function that writes to w: on a terminal one line that changes and goes away at the end,
// elsewhere a line for each step.
func Lines(w io.Writer, terminal bool) func(Progress) {
	const clear = "\r\x1b[K"
	return func(p Progress) {
		text := fmt.Sprintf("[%d/%d] round %d, %s: %s", p.Step, p.Steps, p.Round, p.Target, p.Part)
		switch {
		case terminal && p.Part == "":
			fmt.Fprint(w, clear)
		case terminal:
			fmt.Fprint(w, clear, text)
		case p.Part != "":
			fmt.Fprintln(w, text)
		}
	}
}
