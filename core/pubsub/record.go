package pubsub

import (
	"context"
	"errors"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// record writes an event. Telemetry that cannot be written does not undo what
// happened.
func (s *Service) record(ctx context.Context, of *app.App, e telemetry.Event, durable bool) {
	e.Node, e.App, e.At = s.Node, of.ID, s.Now().UTC()
	err := s.Recorder.Record(ctx, telemetry.Record{Event: e, Expires: e.At.Add(of.Limits().Retention)}, durable)
	if err != nil {
		s.trouble(ctx, "record telemetry", err)
	}
	if s.Meter != nil {
		s.Meter.Recorded(ctx, err == nil)
	}
}

// recordRefusal writes that something was refused, and why: never what it was.
func (s *Service) recordRefusal(ctx context.Context, of *app.App, who privacy.Anonymised, err error) {
	s.record(ctx, of, telemetry.Event{ClientIP: who, Topic: telemetry.TopicError, Code: codeOf(err)}, false)
}

// How many refusals of a connection are recorded in a second. A rate is
// overstepped by many frames at once, of which one says it all.
const (
	refusalsPerSecond  = 10
	overstepsPerSecond = 1
)

// recordRefusedFrame writes that a frame was refused, if it is known whose it
// was, and unless so much was written about that connection already that more of
// it would cost more than it tells.
func (s *Service) recordRefusedFrame(ctx context.Context, id wire.ConnID, r *request, err error) {
	most := refusalsPerSecond
	if codeOf(err) == int(wire.CodeRate) {
		most = overstepsPerSecond
	}
	if r.asked && r.app == nil || !s.Rates.Tell(id, most, s.Now()) {
		return
	}
	if !r.asked {
		if err := s.attribute(ctx, id, r); err != nil {
			if !errors.Is(err, ErrNoConnection) && !errors.Is(err, ErrNoApp) {
				s.trouble(ctx, "record telemetry", err)
			}
			return
		}
	}
	s.recordRefusal(ctx, r.app, r.from.Address, err)
}

// attribute finds out whose a frame is.
func (s *Service) attribute(ctx context.Context, id wire.ConnID, r *request) (err error) {
	r.asked = true
	if r.from, err = s.Connections.Get(ctx, id); err != nil {
		return absent(err, "this connection is no longer known: open a new one")
	}
	if r.app, err = s.Apps.App(ctx, r.from.App); err != nil {
		return absent(err, "this application is no longer there")
	}
	return nil
}

// codeOf returns the number of err in the catalogue, 0 when there is none.
func codeOf(err error) int {
	if err == nil {
		return 0
	}
	return int(wire.CodeOf(fault.Public(err)))
}

// answered tells the meter how a frame was answered. What is no type of frame
// is the client's own word, and is not passed on.
func (s *Service) answered(ctx context.Context, r *request, err error) {
	if s.Meter == nil {
		return
	}
	verb := r.Type
	if verbs[verb] == nil {
		verb = ""
	}
	s.Meter.Answered(ctx, verb, wire.Code(codeOf(err)), s.since(r.begun))
}

// since is how long ago t was, by a clock that may be set back meanwhile.
func (s *Service) since(t time.Time) time.Duration { return max(s.Now().Sub(t), 0) }

// message is what is recorded of one, besides who published it.
type message struct {
	size   int
	topic  topic.Name
	counts wire.Counts
	took   time.Duration
}

// recordMessage writes that a message went out, and tells the meter.
func (s *Service) recordMessage(ctx context.Context, of *app.App, by privacy.Anonymised, m message, durable bool) {
	s.record(ctx, of, telemetry.Event{
		PublisherIP: by, Size: m.size, Topic: recordedTopic(of, m.topic), Subscribers: m.counts.Matched, TookMicros: m.took.Microseconds(),
	}, durable)
	if s.Meter != nil {
		s.Meter.Published(ctx, m.size, m.counts, m.took)
	}
}

// countOpen returns how many connections an application has, with some that the
// host does not count; 0 when that is not known.
func (s *Service) countOpen(ctx context.Context, of app.ID, more int) int {
	if s.CountOpen == nil {
		return 0
	}
	n, err := s.CountOpen(ctx, of)
	if err != nil {
		s.trouble(ctx, "count connections", err)
		return 0
	}
	return max(n+more, 1) // the one that this is about
}

// recordedTopic is n as the application lets it be recorded.
func recordedTopic(of *app.App, n topic.Name) privacy.RecordedTopic {
	if of.Settings.BlindTopics {
		return privacy.RecordTopic(n, &of.Blind)
	}
	return privacy.RecordTopic(n, nil)
}

// anonymise returns what may be recorded of an address: nothing, when the
// day's secret cannot be had. Nobody is refused service for that.
func (s *Service) anonymise(ctx context.Context, of *app.App, a privacy.Addr) privacy.Anonymised {
	kept, err := s.Anonymiser.Anonymise(ctx, a, string(of.ID), of.Settings.Addresses, s.Now())
	if err != nil {
		s.trouble(ctx, "anonymise an address", err)
	}
	return kept
}
