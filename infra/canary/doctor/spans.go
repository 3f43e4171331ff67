package doctor

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"tacet/infra/canary"
)

// spans takes what is sent over OTLP: traces, metrics and logs.
type spans struct {
	url    string
	server *http.Server

	mu     sync.Mutex
	bodies []body
	size   int
}

// body is what was posted to a path.
type body struct {
	path    string
	content []byte
}

// mostSpans is how many bytes of it are kept.
const mostSpans = 64 << 20

// receive listens on this machine.
func receive() (*spans, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for traces: %w", err)
	}
	r := &spans{url: "http://" + l.Addr().String()}
	r.server = &http.Server{Handler: r, ReadTimeout: ending}
	go func() { _ = r.server.Serve(l) }() // until it is closed
	return r, nil
}

// ServeHTTP takes one body.
func (r *spans) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	content, err := io.ReadAll(io.LimitReader(q.Body, mostSpans))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	if r.size += len(content); r.size <= mostSpans {
		r.bodies = append(r.bodies, body{q.URL.Path, content})
	}
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
}

// search looks into all that came.
func (r *spans) search(s *canary.Searcher) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, b := range r.bodies {
		s.Bytes(canary.Place{Sort: sortSpan, Name: fmt.Sprintf("%s, number %d", b.path, i+1), Look: "run the platform with --otlp-endpoint and look at what your collector gets"}, b.content)
	}
	switch {
	case len(r.bodies) == 0:
		s.Note(sortSpan, "nothing was sent to the receiver on this machine")
	case r.size > mostSpans:
		return errors.New("more came over OTLP than is kept: it was not searched whole")
	}
	return nil
}

func (r *spans) close() { _ = r.server.Close() } // nobody is left to be told
