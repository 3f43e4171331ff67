package standalone

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// reply is the http.ResponseWriter of one handshake. What is written to it
// leaves when the handler has returned, and the connection ends; unless the
// handler has taken the connection over.
type reply struct {
	conn   net.Conn
	early  []byte // what the client has sent behind its handshake
	header http.Header
	status int
	body   []byte
	taken  bool
}

// Header implements http.ResponseWriter.
func (w *reply) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter. The first call counts.
func (w *reply) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *reply) Write(b []byte) (int, error) {
	if w.taken {
		return 0, http.ErrHijacked
	}
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	return len(b), nil
}

// Hijack implements http.Hijacker. Only the reader is of use: it begins with
// what came early.
func (w *reply) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if w.taken {
		return nil, nil, http.ErrHijacked
	}
	w.taken = true
	early := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(w.early), w.conn), len(w.early))
	_, err := early.Peek(len(w.early)) // copies: the bytes were only lent
	return w.conn, bufio.NewReadWriter(early, bufio.NewWriterSize(w.conn, 1)), err
}

const (
	// refusing is how long a client may take to take an answer, and lingering
	// how long to wait for its end: a connection that is closed while something
	// of it is unread is reset, and the answer lost with it.
	refusing  = 10 * time.Second
	lingering = 500 * time.Millisecond
)

// finish sends the answer, if there is still somebody to answer.
func (w *reply) finish() {
	if w.taken {
		return
	}
	defer w.conn.Close()
	w.WriteHeader(http.StatusOK)
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	answer := http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Close: true,
		ContentLength: int64(len(w.body)), Body: io.NopCloser(bytes.NewReader(w.body)),
	}
	if w.conn.SetDeadline(time.Now().Add(refusing)) != nil || answer.Write(w.conn) != nil || closeWrite(w.conn) != nil {
		return // the client is gone
	}
	if w.conn.SetReadDeadline(time.Now().Add(lingering)) == nil {
		_, _ = io.CopyN(io.Discard, w.conn, firstRead)
	}
}
