package pubsub

import (
	"context"
	"errors"
	"strconv"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/wire"
)

// Service does the verbs. All fields are set before first use and not changed
// after; it is then safe for concurrent use. It keeps no state of its own.
type Service struct {
	Apps          Apps
	Connections   Connections
	Subscriptions Subscriptions
	Audience      Audience
	Poster        Poster
	Recorder      Recorder
	Rates         Rates
	Anonymiser    privacy.Anonymiser

	// FetchKeys reads key sets. Nil where no application has any.
	FetchKeys grant.FetchKeys
	// Greet starts Welcome for a connection, once it is open, without waiting.
	Greet func(ctx context.Context, id wire.ConnID) error
	// Trouble is told what failed where the verb goes on all the same: ids
	// only, never a payload. Nil means that nobody wants to know.
	Trouble func(ctx context.Context, what string, err error)
	// CountOpen returns how many connections an application has, as well as the
	// host knows. Nil where nobody counts.
	CountOpen func(ctx context.Context, of app.ID) (int, error)
	// Meter is told what happened. Nil means that nobody wants to know.
	Meter Meter
	// Now is the clock.
	Now func() time.Time
	// Node is recorded with each event.
	Node telemetry.NodeID
}

// request is one frame being answered.
type request struct {
	wire.Request
	begun time.Time // when it was received
	asked bool      // whose it is: if it is known, from and app are set
	from  *Connection
	app   *app.App
}

// verbs is who does what.
var verbs = map[wire.Type]func(*Service, context.Context, *request) (wire.Frame, error){
	wire.TypeSubscribe:    (*Service).subscribe,
	wire.TypeUnsubscribe:  (*Service).unsubscribe,
	wire.TypePublish:      (*Service).publish,
	wire.TypeMessage:      (*Service).publish,
	wire.TypeAuthenticate: (*Service).authenticate,
	wire.TypePing:         (*Service).ping,
}

// Answer does what a frame from a connection asks for and returns the frame
// that goes back to it; none is due when the frame had no id and nothing went
// wrong. What the frame's type says decides, never the route by which it
// came. The frame's bytes may be used again once Answer has returned.
func (s *Service) Answer(ctx context.Context, id wire.ConnID, frame []byte) wire.Frame {
	r := request{begun: s.Now()}
	answer, err := s.answer(ctx, id, frame, &r)
	if err != nil {
		answer = s.refuse(ctx, id, &r, err)
	}
	s.answered(ctx, &r, err)
	return answer
}

// refuse returns the frame that says why there is no other answer to r, or
// posts it when the connection ends with it.
func (s *Service) refuse(ctx context.Context, id wire.ConnID, r *request, err error) wire.Frame {
	if kind := fault.KindOf(err); kind == fault.Internal || kind == fault.Unavailable {
		s.trouble(ctx, "answer", err)
	}
	refusal := wire.Error(r.ID, err)
	if code, ends := r.ends(err); ends {
		// The frame must be ahead of the end, and on API Gateway an answer is not:
		// it leaves after the handler has returned.
		s.Poster.Post(ctx, []wire.ConnID{id}, refusal)
		if err := s.Poster.Close(ctx, id, code, wire.Reason(fault.Public(err).Text)); err != nil {
			s.trouble(ctx, "close after a refusal", err)
		}
		refusal = wire.Frame{}
	}
	s.recordRefusedFrame(ctx, id, r, err)
	return refusal
}

func (s *Service) answer(ctx context.Context, id wire.ConnID, frame []byte, r *request) (answer wire.Frame, err error) {
	if r.Request, err = wire.Decode(frame); err != nil {
		return wire.Frame{}, err
	}
	if err := s.attribute(ctx, id, r); err != nil {
		return wire.Frame{}, err
	}
	if err := s.alive(r); err != nil {
		return wire.Frame{}, err
	}
	if err := served(r); err != nil {
		return wire.Frame{}, err
	}
	if err := s.withinRate(ctx, r); err != nil {
		return wire.Frame{}, err
	}
	return verbs[r.Type](s, ctx, r)
}

// alive refuses whatever comes over a connection that should have ended with
// its token, except a fresh one.
func (s *Service) alive(r *request) error {
	if d := r.from.Deadline; d.IsZero() || s.Now().Before(d) || r.Type == wire.TypeAuthenticate {
		return nil
	}
	return errExpired
}

// served refuses what takes an application that serves. Leaving is always
// allowed, and a ping asks nothing of it.
func served(r *request) error {
	if r.Type == wire.TypePing || r.Type == wire.TypeUnsubscribe {
		return nil
	}
	return serves(r.app)
}

// errExpired is said to a connection that should end with its token.
var errExpired = &fault.Error{
	Kind: fault.Unauthenticated, Code: wire.CloseTokenExpired,
	Text: "the token of this connection has expired: connect with a fresh one",
}

// withinRate holds a connection's requests against the plan. A ping costs less
// than counting it.
func (s *Service) withinRate(ctx context.Context, r *request) error {
	most := r.app.Limits().MessagesPerSecond
	if most == 0 || r.Type == wire.TypePing {
		return nil
	}
	wait, err := s.Rates.Take(ctx, r.from.ID, most, s.Now())
	if err != nil {
		return unavailable(err)
	}
	if wait > 0 {
		return &fault.Error{
			Kind: fault.TooMany, Code: wire.CodeRate, RetryAfter: wait,
			Text: "the plan allows this connection " + strconv.Itoa(most) + " messages a second: wait and send again",
		}
	}
	return nil
}

// ends reports whether err ends the connection, and with which code: always
// when its token has expired, its application is suspended, or when nobody knows it any more, which would
// leave its client deaf; for an overstepped grant if the application wants so.
func (r *request) ends(err error) (wire.Code, bool) {
	if errors.Is(err, ErrNoConnection) {
		return wire.CloseLost, true
	}
	switch code := wire.CodeOf(fault.Public(err)); code {
	case wire.CloseTokenExpired, wire.CodeSuspended:
		return code, true
	case wire.CodePublishForbidden, wire.CodeSubscribeForbidden:
		return code, r.app.Settings.Violations != app.ViolationsError
	default:
		return code, false
	}
}

// ack returns the answer to r, or none when it asked for none.
func (r *request) ack(n wire.Counts) wire.Frame {
	if r.ID == "" {
		return wire.Frame{}
	}
	return wire.Ack(r.ID, n)
}

func (s *Service) trouble(ctx context.Context, what string, err error) {
	if s.Trouble != nil {
		s.Trouble(ctx, what, err)
	}
}

// absent makes of a port's error what a stranger may know.
func absent(err error, text string) error {
	if errors.Is(err, ErrNoConnection) || errors.Is(err, ErrNoApp) {
		return &fault.Error{Kind: fault.NotFound, Text: text, Cause: err}
	}
	return unavailable(err)
}

// unavailable is a dependency's failure. Whether the call took effect is not
// known, and every verb may be repeated.
func unavailable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return &fault.Error{
		Kind: fault.Unavailable, Cause: err, RetryAfter: time.Second,
		Text: "the server cannot do this right now; try again",
	}
}
