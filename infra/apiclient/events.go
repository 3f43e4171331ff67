package apiclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Ended is the end of a stream of events that its server has ended.
type Ended struct{ Reason string }

// Error says why.
func (e *Ended) Error() string {
	switch e.Reason {
	case "signed-out":
		return "the session has ended: sign in again"
	case "forbidden":
		return "you may not look on any more"
	case "gone":
		return "the application is gone, or you are no member of its account any more"
	}
	return "the server has ended it"
}

// again reports whether another stream may go on where this one ended.
func (e *Ended) again() bool { return e.Reason == "restart" || e.Reason == "unavailable" }

// Events calls f with the data of each server-sent event of path, answer after
// answer, each going on where the one before ended, until f returns an error,
// which it returns, or the server an *Ended. What fails once a first event has
// come is tried again.
func (c *Client) Events(ctx context.Context, path string, f func(data json.RawMessage) error) error {
	s := &events{client: c, path: path, f: f, pause: 2 * time.Second}
	for {
		err := s.once(ctx)
		var own *callers
		var refused *Refusal
		var ended *Ended
		switch {
		case errors.As(err, &own):
			return own.err
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &ended) && !ended.again():
			return err
		case errors.As(err, &refused) && (refused.Status < 500 && refused.Status != http.StatusTooManyRequests || s.last == ""):
			return err
		case err != nil && s.last == "":
			return err
		}
		wait := s.pause
		if refused != nil {
			wait = max(wait, refused.RetryAfter)
		}
		if err := c.wait(ctx, wait); err != nil {
			return err
		}
	}
}

// callers is an error of who gets the events.
type callers struct{ err error }

func (c *callers) Error() string { return c.err.Error() }

// events is a stream over several answers.
type events struct {
	client *Client
	path   string
	f      func(json.RawMessage) error
	last   string        // id of the last event
	pause  time.Duration // between two answers
}

// maxEvent bounds a line of an event.
const maxEvent = 1 << 20

// once reads one answer. Its end is no error.
func (s *events) once(ctx context.Context) error {
	q, err := s.client.request(ctx, Request{Method: http.MethodGet, Path: s.path})
	if err != nil {
		return err
	}
	q.Header.Set("Accept", "text/event-stream")
	if s.last != "" {
		q.Header.Set("Last-Event-ID", s.last)
	}
	response, err := s.client.http().Do(q)
	if err != nil {
		return &Unreachable{Host: q.URL.Host, Err: innermost(err)}
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return refusal(response)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, maxEvent)
	var e event
	for lines.Scan() {
		if lines.Text() != "" {
			s.field(&e, lines.Text())
			continue
		}
		if err := s.dispatch(e); err != nil {
			return err
		}
		e = event{}
	}
	if lines.Err() != nil {
		return &Unreachable{Host: q.URL.Host, Err: innermost(lines.Err())}
	}
	return nil
}

// event is one as it is read.
type event struct{ name, id, data string }

// field takes in a line (WHATWG HTML, "server-sent events").
func (s *events) field(e *event, line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "event":
		e.name = value
	case "id":
		e.id = value
	case "data":
		e.data += value
	case "retry":
		if ms, err := strconv.Atoi(value); err == nil {
			s.pause = min(max(time.Duration(ms)*time.Millisecond, pause), patience)
		}
	}
}

func (s *events) dispatch(e event) error {
	if e.id != "" {
		s.last = e.id
	}
	switch {
	case e.data == "":
		return nil
	case e.name == "end":
		ended := new(Ended)
		_ = json.Unmarshal([]byte(e.data), ended) // without a reason it has ended all the same
		return ended
	case e.name != "":
		return nil
	}
	if err := s.f(json.RawMessage(e.data)); err != nil {
		return &callers{err}
	}
	return nil
}
