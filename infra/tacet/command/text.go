package command

import (
	"io"
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

func join(all []string, with string) string { return strings.Join(all, with) }

// readAll reads at most so many bytes, and reports whether that was all.
func readAll(r io.Reader, most int64) ([]byte, bool, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	return data, int64(len(data)) <= most, err
}
