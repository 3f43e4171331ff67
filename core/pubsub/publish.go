package pubsub

import (
	"context"
	"strconv"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/topic"
	"tacet/core/wire"
)

// publish sends a client's payload to everybody who has the topic. A message
// (to secure/inbound) is a publication that needs no grant and says more about
// its sender.
func (s *Service) publish(ctx context.Context, r *request) (wire.Frame, error) {
	from := r.from.client()
	if r.Type == wire.TypeMessage {
		from = r.from.presence()
	} else if err := mayPublish(r.from.Grants.MayPublish, r.Topic); err != nil {
		return wire.Frame{}, err
	}
	if err := notOurs(r.Topic, r.MessageType); err != nil {
		return wire.Frame{}, err
	}
	frame := wire.Publication(&r.Request, from)
	if err := fits(r.app, len(r.Payload), frame); err != nil {
		return wire.Frame{}, err
	}
	var except wire.ConnID
	if r.NoEcho {
		except = r.from.ID
	}
	counts, took, err := s.fanOut(ctx, r.from.App, r.Topic, frame, except, r.begun)
	// Who waits for an ack may count on the record; nobody else waits for it.
	// What went out before an error did go out.
	s.recordMessage(ctx, r.app, r.from.Address, message{len(r.Payload), r.Topic, counts, took}, r.ID != "")
	if err != nil {
		return wire.Frame{}, err
	}
	return r.ack(counts), nil
}

// mayPublish refuses a topic that the server alone speaks on, and one that is
// not granted.
func mayPublish(granted func(topic.Name) bool, n topic.Name) error {
	switch {
	case n.ServerOnly():
		return &fault.Error{Kind: fault.Invalid, Code: wire.CodeInvalidTopic, Text: "only the server speaks on this topic"}
	case !granted(n):
		return &fault.Error{Kind: fault.Forbidden, Code: wire.CodePublishForbidden, Text: "Publication to this topic is forbidden: the token grants no realtime:publisher:write:topic for it"}
	}
	return nil
}

// notOurs refuses the two message types by which the server is known on topics
// where others speak too: a client could look gone to its backends while it
// stays, or make others believe that they have just connected.
func notOurs(n topic.Name, messageType string) error {
	if n == topic.Inbound && messageType == wire.PresenceType || n == topic.Main && messageType == wire.WelcomeType {
		return &fault.Error{Kind: fault.Invalid, Code: wire.CodeInvalidField, Text: "this messageType is the server's own on this topic: choose another"}
	}
	return nil
}

// fits holds a payload's size in bytes against the application's plan, and the
// frame that it became against what a client can be sent.
func fits(a *app.App, size int, f wire.Frame) error {
	if most := a.Limits().MessageBytes; most != 0 && size > most {
		return tooBig("the plan's", most)
	}
	if len(f.JSON) > wire.MaxMessage {
		// What surrounds the payload is ours: clients can only leave room for it.
		return tooBig("a frame's", wire.MaxMessage-8<<10)
	}
	return nil
}

func tooBig(whose string, most int) error {
	return &fault.Error{
		Kind: fault.TooLarge, Code: wire.CodeMessageTooBig,
		Text: "the message is larger than " + whose + " " + strconv.Itoa(most) + " bytes",
	}
}
