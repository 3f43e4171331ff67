package pubsub

import (
	"context"
	"errors"

	"tacet/core/fault"
	"tacet/core/topic"
	"tacet/core/wire"
)

// subscribe gives the connection a topic.
func (s *Service) subscribe(ctx context.Context, r *request) (wire.Frame, error) {
	if !r.from.mayRead(r.Topic) {
		return wire.Frame{}, subscribeForbidden(r.Topic)
	}
	if r.from.has(r.Topic) {
		return r.ack(wire.Counts{Matched: 1}), nil
	}
	err := s.Subscriptions.Subscribe(ctx, r.from, r.Topic, r.app.Limits().TopicsPerConnection)
	switch {
	case err == nil:
		return r.ack(wire.Counts{Matched: 1}), nil
	case errors.Is(err, ErrTooManyTopics):
		return wire.Frame{}, &fault.Error{
			Kind: fault.TooMany, Code: wire.CodeTopicsPerConnection, Cause: err,
			Text: "this connection has as many topics as the plan allows: unsubscribe from one first",
		}
	default:
		return wire.Frame{}, absent(err, "this connection is no longer known: open a new one")
	}
}

func subscribeForbidden(n topic.Name) error {
	// Public clients compare this sentence.
	text := "Subscription to secure topic is forbidden!"
	if n.Kind() == topic.Priv {
		text = "Subscription to another's private topic is forbidden!"
	}
	return &fault.Error{Kind: fault.Forbidden, Code: wire.CodeSubscribeForbidden, Text: text}
}

// unsubscribe takes a topic away from the connection.
func (s *Service) unsubscribe(ctx context.Context, r *request) (wire.Frame, error) {
	if r.from.has(r.Topic) {
		return wire.Frame{}, &fault.Error{
			Kind: fault.Invalid, Code: wire.CodeInvalidTopic,
			Text: "every connection keeps main and its own private topics for life: they cannot be unsubscribed from",
		}
	}
	was, err := s.Subscriptions.Unsubscribe(ctx, r.from, r.Topic)
	if err != nil {
		return wire.Frame{}, absent(err, "this connection is no longer known: open a new one")
	}
	if !was {
		return r.ack(wire.Counts{}), nil
	}
	return r.ack(wire.Counts{Matched: 1}), nil
}
