package paths

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/canary"
)

const (
	// listeners is how many hear a message at once.
	listeners = 40
	// large is the size of a message that fills the buffers of who does not
	// read.
	large = 24 << 10
)

var crowdPaths = []path{
	{"fan-out: to many at once", (*Sender).fanOut},
	{"fan-out: to receivers that are gone", (*Sender).gone},
	{"fan-out: to a receiver that does not read", (*Sender).slow},
	{"throttled: more frames than the plan allows", (*Sender).tooOften},
	{"throttled: more connections than the plan allows", (*Sender).tooMany},
}

// crowd connects so many to a topic.
func (s *Sender) crowd(ctx context.Context, n int, topic string) (all []*talk, leave func(), err error) {
	leave = func() {
		for _, c := range all {
			c.CloseNow()
		}
	}
	for range n {
		c, err := s.client(ctx)
		if err == nil {
			all = append(all, c)
			err = c.ask(ctx, "subscribe", map[string]any{"topic": topic, "id": "1"})
		}
		if err != nil {
			leave()
			return nil, nil, err
		}
	}
	return all, leave, nil
}

func (s *Sender) fanOut(ctx context.Context) error {
	all, leave, err := s.crowd(ctx, listeners, room)
	if err != nil {
		return err
	}
	defer leave()
	for range 5 {
		if err := all[0].say(ctx, "publish", s.publication(room)); err != nil {
			return err
		}
		for _, c := range all {
			if _, err := c.until(ctx, s.m(canary.Payload)); err != nil {
				return fmt.Errorf("one of %d did not hear it: %w", len(all), err)
			}
		}
	}
	return nil
}

func (s *Sender) gone(ctx context.Context) error {
	all, leave, err := s.crowd(ctx, 8, room+"/gone")
	if err != nil {
		return err
	}
	defer leave()
	for _, c := range all[1:] {
		c.CloseNow() // without a word: whoever posts to it may be the first to notice
	}
	for range 5 {
		if err := all[0].ask(ctx, "publish", s.publication(room+"/gone")); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) slow(ctx context.Context) error {
	all, leave, err := s.crowd(ctx, 2, room+"/slow")
	if err != nil {
		return err
	}
	defer leave()
	speaker, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer speaker.CloseNow()
	p := s.publication(room + "/slow")
	p["payload"] = strings.Repeat(s.m(canary.Payload)+" ", large/25)
	messages := 400 // more than the buffers of both ends hold
	if s.AWS {
		messages = 40 // each is posted by a function, which would take too long
	}
	for range messages {
		if err := speaker.ask(ctx, "publish", p); err != nil {
			return err
		}
	}
	_, _, err = all[0].Read(ctx)
	return err // what it was sent before it was given up
}

func (s *Sender) tooOften(ctx context.Context) error {
	c, err := s.inSmall(ctx)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	const more = 300 // than a connection of the smallest plan may send a second
	for range more {
		if err := c.say(ctx, "publish", s.publication(room)); err != nil {
			break // it may be closed for it
		}
	}
	waiting, cancel := context.WithTimeout(ctx, limit/4)
	defer cancel()
	_, err = c.until(waiting, `"error"`)
	switch {
	case websocket.CloseStatus(err) > 0:
		return nil
	case waiting.Err() != nil && s.AWS:
		return errSkip("it was not more: functions count each for itself, and this machine gives them little to count")
	}
	return err
}

func (s *Sender) tooMany(ctx context.Context) error {
	if s.made.small == nil {
		return errNoAccounts
	}
	for range 60 { // a subject of the smallest plan may have 20
		token, err := s.token(s.made.small.client, claims{})
		if err != nil {
			return err
		}
		c, status, err := s.dial(ctx, dialled{app: s.made.small.id, token: token})
		if err != nil {
			return err
		}
		if c == nil {
			return want("status of the handshake", status, http.StatusTooManyRequests)
		}
		defer c.CloseNow()
	}
	return errors.New("all connections were admitted")
}

// inSmall connects to the application of the smallest plan.
func (s *Sender) inSmall(ctx context.Context) (*talk, error) {
	if s.made.small == nil {
		return nil, errNoAccounts
	}
	token, err := s.token(s.made.small.client, claims{subject: "in-small-" + time.Now().Format("150405.000")})
	if err != nil {
		return nil, err
	}
	return s.connect(ctx, dialled{app: s.made.small.id, token: token})
}

// Until lets messages pass until end has returned, which ends the platform.
func (s *Sender) Until(ctx context.Context, name string, end func()) {
	ended := false
	defer func() {
		if !ended {
			end()
		}
	}()
	s.take(ctx, name, func(ctx context.Context) error {
		all, leave, err := s.crowd(ctx, 4, room+"/end")
		if err != nil {
			return err
		}
		defer leave()
		passing := make(chan struct{}) // closed when the first has arrived
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := all[1].until(ctx, s.m(canary.Payload))
			if err == nil {
				close(passing)
			}
			for err == nil { // until the connection ends
				_, _, err = all[1].Read(ctx)
			}
		}()
		speaking := make(chan struct{})
		go func() {
			defer close(speaking)
			for all[0].say(ctx, "publish", s.publication(room+"/end")) == nil {
				if _, _, err := all[0].Read(ctx); err != nil {
					return
				}
			}
		}()
		select {
		case <-passing:
		case <-done: // it has lost its connection, or the patience
			err = errors.New("no message arrived")
		}
		ended = true
		end()
		leave()
		<-done
		<-speaking
		return err
	})
}

// Fetch returns what the platform shows of itself to who runs it, nil if it
// shows nothing.
func (s *Sender) Fetch(ctx context.Context, path string) []byte {
	status, text, err := s.ask(ctx, request{method: "GET", path: path, token: s.Session})
	if err != nil || status != http.StatusOK {
		return nil
	}
	return text
}
