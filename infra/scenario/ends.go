package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gobwas/ws"
)

// isClosed reads how a connection ends. A host that cannot close with a code and
// a reason of ours, and API Gateway is one, closes with 1000 and its own words.
func isClosed(r *reader, who string) action {
	r.literal("with")
	code := r.number("a close code")
	reason := r.quoted()
	return by(who, func(p *player, s *person) error {
		code, reason := code, reason
		if !p.closing && code >= 4000 {
			code, reason = ownCode, ""
		}
		end, err := s.ended()
		if err == nil && (end.code != code || !strings.Contains(string(end.data), reason)) {
			err = fmt.Errorf("%s", end)
		}
		return err
	})
}

const ownCode = 1000

// isAnswered reads how many answers are due, and the error that some of them
// must be; the others must be acks, one at least.
func isAnswered(r *reader, who string) action {
	times := r.number("a number")
	for _, w := range []string{"times,", "sometimes", "with"} {
		r.literal(w)
	}
	code := r.number("an error's number")
	return by(who, func(_ *player, s *person) error {
		acks, errs := 0, 0
		answer := func(_ *person, f frame) error {
			const ack, refusal = `{"data":"$any","matched":"$any","delivered":"$any","gone":"$any"}`, `{"id":"$any","code":%d,"message":"$any","retryAfterMs":"$any"}`
			if f.is("priv/acks", "ack", ack) == nil {
				acks++
				return nil
			}
			errs++
			return f.is("priv/errors", "error", fmt.Sprintf(refusal, code))
		}
		for range times {
			if err := s.hear(answer); err != nil {
				return err
			}
		}
		if acks == 0 || errs == 0 {
			return fmt.Errorf("%d acks and %d errors came", acks, errs)
		}
		return nil
	})
}

// receivesPublication reads topic, type, payload and sender of a publication.
func receivesPublication(r *reader, who string) action {
	w := publicationWords{binary: r.take("binary"), topic: r.word("a topic"), kind: r.word("a message type"), payload: r.word("a payload")}
	r.literal("from")
	w.from = r.word("a name, or api")
	for r.more() {
		switch {
		case r.take("id"):
			w.id = r.word("an id")
		case r.take("with", "permissions"):
			w.permissions = true
		default:
			r.fail("no publication has %s", r.words[0].text)
		}
	}
	return hears(who, func(p *player) (check, error) {
		w := w
		for _, text := range []*string{&w.topic, &w.payload, &w.from} {
			var err error
			if *text, err = p.expand(*text); err != nil {
				return nil, err
			}
		}
		if w.from == "api" {
			return w.check, nil
		}
		sender, err := p.person(w.from)
		if err != nil {
			return nil, err
		}
		if w.id == "" {
			w.id = sender.asked
		}
		w.client = sender.asClient(w.permissions, "")
		return w.check, nil
	})
}

// publicationWords are the words of "receives TOPIC TYPE PAYLOAD from NAME".
type publicationWords struct {
	binary               bool
	topic, kind, payload string
	from, id             string
	permissions          bool
	client               string // JSON of who sent it; "" of a backend
}

// check compares the payload byte for byte and the rest by structure.
func (w publicationWords) check(_ *person, f frame) error {
	topic, kind, data, err := f.open()
	if err != nil {
		return err
	}
	if topic != w.topic || kind != w.kind || (f.op == ws.OpBinary) != w.binary {
		return fmt.Errorf("want %s %s, binary %t\n\tgot  %s", w.topic, w.kind, w.binary, f)
	}
	payload := []byte(data)
	if w.client != "" {
		var from struct {
			Client, Payload json.RawMessage
			ID              *string
		}
		d := json.NewDecoder(strings.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&from); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		if err := matches(w.client, string(from.Client)); err != nil {
			return err
		}
		switch {
		case w.id == "none" && from.ID != nil:
			return errors.New("there is an id in " + data)
		case w.id != "none" && (from.ID == nil || *from.ID != w.id):
			return fmt.Errorf("the id should be %q in %s", w.id, data)
		}
		payload = from.Payload
	}
	if !bytes.Equal(payload, []byte(w.payload)) {
		return fmt.Errorf("the payload is not what was sent, byte for byte:\n\twant %s\n\tgot  %s", w.payload, payload)
	}
	return nil
}
