package runtime

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// routes is the Runtime API:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (i *instance) routes() http.Handler {
	const base = "/2018-06-01/runtime/"
	m := http.NewServeMux()
	m.HandleFunc("GET "+base+"invocation/next", i.next)
	m.HandleFunc("POST "+base+"invocation/{id}/response", i.response)
	m.HandleFunc("POST "+base+"invocation/{id}/error", i.failure)
	m.HandleFunc("POST "+base+"init/error", i.initError)
	return m
}

// next ends the event before and waits for another.
func (i *instance) next(w http.ResponseWriter, r *http.Request) {
	if !i.ask() {
		reply(w, http.StatusForbidden, failureShape{"InvalidStateTransition", "The invocation before has not been answered."})
		return
	}
	select {
	case inv := <-i.events:
		i.deliver(w, inv)
	case <-i.ended:
	case <-r.Context().Done():
	}
}

// ask reports whether the function may have another event.
func (i *instance) ask() bool {
	h := i.f.host
	h.mu.Lock()
	defer h.mu.Unlock()
	switch inv := i.current; {
	case i.state == initialising:
		select {
		case <-i.ready: // it has asked before, and its connection broke
		default:
			close(i.ready)
		}
	case inv == nil || !inv.fetched:
	case inv.answer == nil:
		return false
	default:
		i.finish(nil)
		if i.state == busy {
			i.f.offer(i)
		}
	}
	return true
}

func (i *instance) deliver(w http.ResponseWriter, inv *invocation) {
	h := i.f.host
	h.mu.Lock()
	inv.fetched = true
	deadline := i.until
	h.mu.Unlock()
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(inv.event)))
	header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", i.f.arn)
	header.Set("Lambda-Runtime-Trace-Id", inv.trace)
	if inv.clientContext != "" {
		header.Set("Lambda-Runtime-Client-Context", inv.clientContext)
	}
	_, _ = w.Write(inv.event)
}

// response takes the answer to an event.
func (i *instance) response(w http.ResponseWriter, r *http.Request) {
	body, err := read(r, maxResponse)
	switch {
	case isTooLarge(err):
		if i.answer(w, r, &outcome{err: oversized()}) {
			reply(w, http.StatusRequestEntityTooLarge, failureShape{"RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse)})
		}
		return
	case err != nil:
		reply(w, http.StatusBadRequest, failureShape{"TruncatedHTTPRequest", "HTTP request detected as truncated"})
		return
	}
	out := &outcome{payload: body}
	// A runtime that fails while it sends says so at the end.
	if r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
		payload, _ := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		out = &outcome{err: said(Returned, payload)}
	}
	if i.answer(w, r, out) {
		accepted(w)
	}
}

// failure takes the failure of an event.
func (i *instance) failure(w http.ResponseWriter, r *http.Request) {
	body, err := read(r, maxResponse)
	out := &outcome{err: said(Returned, body)}
	if err != nil {
		out = &outcome{err: oversized()}
	}
	if i.answer(w, r, out) {
		accepted(w)
	}
}

// answer keeps the answer to the event that the instance has, or refuses it.
func (i *instance) answer(w http.ResponseWriter, r *http.Request, out *outcome) bool {
	h := i.f.host
	h.mu.Lock()
	inv := i.current
	ok := inv != nil && inv.fetched && inv.id == r.PathValue("id") && inv.answer == nil
	if ok {
		inv.answer = out
	}
	h.mu.Unlock()
	if !ok {
		reply(w, http.StatusForbidden, failureShape{"InvalidRequestID", "Invalid request ID"})
	}
	return ok
}

// initError takes why the function could not be initialised.
func (i *instance) initError(w http.ResponseWriter, r *http.Request) {
	body, _ := read(r, maxResponse)
	select {
	case <-i.ready:
		reply(w, http.StatusForbidden, failureShape{"InvalidStateTransition", "The function has been initialised."})
		return
	default:
	}
	select {
	case i.initErr <- body:
	default: // it has said so before
	}
	accepted(w)
}

func read(r *http.Request, limit int64) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

func accepted(w http.ResponseWriter) {
	reply(w, http.StatusAccepted, struct {
		Status string `json:"status"`
	}{"OK"})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
