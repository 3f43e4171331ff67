package poster_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"tacet/infra/poster"
)

var answers = []struct {
	text   string
	status int // 0: garbled
	last   bool
}{
	{ok, 200, false},
	{"HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n", 200, false},
	{"HTTP/1.1 200\r\nContent-Length:0\r\n\r\n", 200, false},
	{"HTTP/1.1 200 OK\nContent-Length: 0\n\n", 200, false},
	{"HTTP/1.1 204 No Content\r\n\r\n", 204, false},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, false},
	{status("410"), 410, false},
	{"HTTP/1.1 100 Continue\r\n\r\n" + ok, 200, false},
	{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok, 200, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", 200, false},

	{"HTTP/1.1 200 OK\r\n\r\n", 200, true}, // until the end
	{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 200, true},
	{"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 200, true},
	{"HTTP/1.1 101 Switching Protocols\r\n\r\n", 0, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 200, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", 200, true},
	{"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 1<<14) + "\r\n\r\n", 200, true},
	{"HTTP/1.1 200 OK\r\n" + strings.Repeat("A: x\r\n", 101) + "\r\n", 200, true},

	{"", 0, true},
	{"HTTP/1.1 20", 0, true},
	{"HTTP/1.1 2000 OK\r\n\r\n", 0, true},
	{"HTTP/1.1 +20 OK\r\n\r\n", 0, true},
	{"HTTP/1.1 099 OK\r\n\r\n", 0, true},
	{"HTTP/2.0 200 OK\r\n\r\n", 0, true},
	{"HTTP/1.1200 OK\r\n\r\n", 0, true},
	{"SSH-2.0-OpenSSH_9.2\r\n", 0, true},
	{"HTTP/1.1 100 Continue\r\n\r\n", 0, true},
}

func TestAnswersAreRead(t *testing.T) {
	for _, a := range answers {
		if status, last, _ := poster.ReadAnswer([]byte(a.text)); status != a.status || last != a.last {
			t.Errorf("%.60q: status %d, last %v", a.text, status, last)
		}
		if _, _, rest := poster.ReadAnswer([]byte(a.text + ok)); !a.last && rest != len(a.text) {
			t.Errorf("%.60q: the next begins at %d of %d", a.text, rest, len(a.text))
		}
	}
}

// An answer that ends anywhere is never taken for another one, nor for the last
// but one.
func TestHalfAnAnswerKeepsNoConnection(t *testing.T) {
	for _, a := range answers {
		if a.last {
			continue
		}
		for i := range a.text {
			status, last, _ := poster.ReadAnswer([]byte(a.text[:i]))
			if status != 0 && status != a.status || !last {
				t.Errorf("%q: status %d, last %v", a.text[:i], status, last)
			}
		}
	}
}

// Whenever another answer may follow, net/http has read the same one, and says
// that the next begins at the same place. (It refuses some that are clear.)
func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add([]byte(a.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		status, last, rest := poster.ReadAnswer(b)
		if last {
			return
		}
		in := bytes.NewReader(b)
		r := bufio.NewReader(in)
		for {
			response, err := http.ReadResponse(r, &http.Request{Method: http.MethodPost})
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				return
			}
			if response.StatusCode < 200 {
				continue
			}
			if at := len(b) - in.Len() - r.Buffered(); response.StatusCode != status || at != rest || response.Close {
				t.Fatalf("status %d up to %d; net/http reads status %d up to %d, close %v", status, rest, response.StatusCode, at, response.Close)
			}
			return
		}
	})
}
