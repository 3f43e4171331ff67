package poster

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

const (
	maxLine   = 4 << 10  // bytes, of a status line or a header
	maxHeader = 100      // lines
	maxBody   = 64 << 10 // bytes that are read to keep a connection
)

var errGarbled = errors.New("poster: the answer is not HTTP/1.1")

// answer is what matters of a response.
type answer struct {
	status int
	last   bool // no other request may follow on the connection
}

// readAnswer reads a response to the end. A status that was read counts,
// whatever becomes of the rest.
func readAnswer(r *bufio.Reader) (answer, error) {
	for {
		a, err := readHead(r)
		if err != nil || a.status >= 200 {
			return a.answer, err
		}
	}
}

// head is a response up to its body.
type head struct {
	answer
	length  int // of the body; -1: nobody says
	chunked bool
}

// readHead reads a response and skips its body. It never fails once there is a
// status.
func readHead(r *bufio.Reader) (h head, err error) {
	line, err := readLine(r)
	if err != nil {
		return h, err
	}
	if h.status, h.last, err = parseStatus(line); err != nil {
		return h, err
	}
	h.length = -1
	for range maxHeader {
		line, err := readLine(r)
		switch {
		case err != nil:
			h.last = true
			return h, nil
		case len(line) > 0:
			h.field(line)
			continue
		}
		if !h.skip(r) {
			h.last = true
		}
		return h, nil
	}
	h.last = true
	return h, nil
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte) (status int, last bool, err error) {
	const version = "HTTP/1."
	if len(line) < len(version)+5 || string(line[:len(version)]) != version || line[len(version)+1] != ' ' {
		return 0, true, errGarbled
	}
	status, err = strconv.Atoi(string(line[len(version)+2:][:3]))
	rest := line[len(version)+5:]
	if err != nil || status < 100 || status == 101 || len(rest) > 0 && rest[0] != ' ' {
		return 0, true, errGarbled
	}
	return status, line[len(version)] != '1', nil
}

// field takes over a header line, if it says where the response ends. What is
// no header line may be one to somebody else, so nothing may follow it.
func (h *head) field(line []byte) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || blank(line[0]) || blank(line[colon-1]) {
		h.last = true
		return
	}
	switch { // by length first: most need no comparison
	case isNamed(line, colon, "Content-Length"):
		n, err := strconv.Atoi(string(bytes.TrimSpace(line[colon+1:])))
		if err != nil || n < 0 || h.length >= 0 && h.length != n {
			h.last = true
		}
		h.length = n
	case isNamed(line, colon, "Transfer-Encoding"):
		h.chunked = true
		h.last = h.last || !bytes.EqualFold(bytes.TrimSpace(line[colon+1:]), []byte("chunked"))
	case isNamed(line, colon, "Connection"):
		h.last = h.last || !bytes.EqualFold(bytes.TrimSpace(line[colon+1:]), []byte("keep-alive"))
	}
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

func isNamed(line []byte, colon int, name string) bool {
	return colon == len(name) && bytes.EqualFold(line[:colon], []byte(name))
}

// skip reads the body and reports whether the next response follows.
func (h *head) skip(r *bufio.Reader) bool {
	switch {
	case h.last || h.chunked && h.length >= 0: // of two lengths, somebody else may believe the other
		return false
	case h.status < 200 || h.status == 204 || h.status == 304:
		return true
	case h.chunked:
		return skipChunks(r)
	case h.length < 0 || h.length > maxBody:
		return false
	}
	n, err := r.Discard(h.length)
	return err == nil && n == h.length
}

// skipChunks reads a chunked body with its trailers.
func skipChunks(r *bufio.Reader) bool {
	for left := maxBody; ; {
		line, err := readLine(r)
		if err != nil {
			return false
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		left -= int(n)
		if err != nil || left < 0 {
			return false
		}
		if n == 0 {
			break
		}
		if _, err := r.Discard(int(n)); err != nil {
			return false
		}
		if line, err := readLine(r); err != nil || len(line) > 0 {
			return false
		}
	}
	for range maxHeader {
		line, err := readLine(r)
		if err != nil || len(line) == 0 {
			return err == nil
		}
	}
	return false
}

// readLine returns a line without its end, valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, errGarbled
	case err != nil:
		return nil, noEOF(err)
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}

// noEOF makes an error of the end of a connection where an answer is due.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
