package poster

import (
	"bufio"
	"bytes"
)

// LookAlways makes idle connections be looked at before each use, until the
// function that it returns is called.
func LookAlways() func() {
	usual := stale
	stale = 0
	return func() { stale = usual }
}

// ReadAnswer reads a response from the beginning of b. It returns its status
// (0: it is none), whether another may follow, and where that would begin.
func ReadAnswer(b []byte) (status int, last bool, rest int) {
	in := bytes.NewReader(b)
	r := bufio.NewReaderSize(in, maxLine)
	a, err := readAnswer(r)
	if err != nil {
		return 0, true, 0
	}
	return a.status, a.last, len(b) - in.Len() - r.Buffered()
}
