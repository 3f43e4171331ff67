package poster_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"tacet/core/wire"
	"tacet/infra/poster"
)

// What a scripted endpoint does with a request.
const (
	ok    = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	hang  = "hang"  // takes the request and says nothing
	reset = "reset" // takes it and ends the connection
	torn  = "torn"  // does not take all of it, and ends the connection
)

func status(code string) string {
	return "HTTP/1.1 " + code + " Status\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"message\":null}"
}

// scripted is a Management API that does as it is told. Its connections are
// pipes, so that time can be the test's own.
type scripted struct {
	t *testing.T
	// script says what to do with the n-th request for a connection, from 0. A
	// text that is no word of the above is sent, and if it is no whole
	// response the connection ends.
	script func(id wire.ConnID, n int) string
	// look sees each request before; nil does not.
	look func(*http.Request)

	mu       sync.Mutex
	requests map[wire.ConnID]int
	open     map[net.Conn]bool
	dialed   int
	address  string // that was dialed last
	refuse   int    // how many dials fail, from now on
}

func newScripted(t *testing.T, script func(id wire.ConnID, n int) string) *scripted {
	e := &scripted{t: t, script: script, requests: map[wire.ConnID]int{}, open: map[net.Conn]bool{}}
	t.Cleanup(e.hangUp)
	return e
}

// poster returns one that posts to the endpoint.
func (e *scripted) poster(o poster.Options) *poster.Poster {
	if o.Endpoint == "" {
		o.Endpoint = "http://endpoint/prod"
	}
	o.Region, o.Credentials, o.Dial = "eu-west-1", credentials, e.dial
	return poster.New(o)
}

// hangUp ends all connections.
func (e *scripted) hangUp() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.open {
		c.Close()
	}
}

func (e *scripted) dial(_ context.Context, _, address string) (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuse > 0 {
		e.refuse--
		return nil, io.ErrClosedPipe
	}
	e.dialed++
	e.address = address
	client, server := net.Pipe()
	e.open[server] = true
	go e.serve(server)
	return client, nil
}

func (e *scripted) serve(c net.Conn) {
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		c.Close()
		delete(e.open, c)
	}()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if e.look != nil {
			e.look(r)
		}
		id, err := url.PathUnescape(path.Base(r.URL.EscapedPath()))
		if err != nil {
			e.t.Error(err)
			return
		}
		does := e.script(wire.ConnID(id), e.count(wire.ConnID(id)))
		if does == torn {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		switch does {
		case reset:
			return
		case hang:
			in.ReadByte() // until the client ends it
			return
		}
		io.WriteString(c, does)
		if !strings.Contains(does, "\r\n\r\n") {
			return
		}
	}
}

// count counts a request and returns how many there were before it.
func (e *scripted) count(id wire.ConnID) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests[id]++
	return e.requests[id] - 1
}

// asked returns how many requests there were for a connection.
func (e *scripted) asked(id wire.ConnID) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests[id]
}
