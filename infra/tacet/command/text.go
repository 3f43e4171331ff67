package command

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// isTerminal reports whether somebody sits at the other end.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// printable returns text as a terminal may get it: whatever would move the
// cursor, change colours or the order of letters is written as \u….
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
