package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gobwas/ws"
)

// personVerbs is what people do.
var personVerbs map[string]verb

func init() {
	personVerbs = map[string]verb{
		"connects": connects, "opens": opens, "is": is,
		"subscribes": asks("subscribe"), "unsubscribes": asks("unsubscribe"),
		"publishes": publishes, "messages": messages, "authenticates": authenticates,
		"pings": simply((*person).ping), "sends": sends,
		"closes": closes, "vanishes": simply((*person).vanish), "receives": receives,
	}
}

// by returns an action of somebody who has come.
func by(who string, do func(*player, *person) error) action {
	return func(p *player) error {
		name, err := p.expand(who)
		if err != nil {
			return err
		}
		someone, err := p.person(name)
		if err != nil {
			return err
		}
		return do(p, someone)
	}
}

func simply(do func(*person) error) verb {
	return func(_ *reader, who string) action {
		return by(who, func(_ *player, s *person) error { return do(s) })
	}
}

func opens(r *reader, who string) action {
	words := r.options()
	return func(p *player) error {
		name, err := p.expand(who)
		if err != nil {
			return err
		}
		_, _, err = p.arrive(name, words)
		return err
	}
}

func connects(r *reader, who string) action {
	words := r.options()
	return func(p *player) error {
		name, err := p.expand(who)
		if err != nil {
			return err
		}
		someone, protocol, err := p.arrive(name, words)
		if err != nil {
			return err
		}
		// RFC 6455 §4.1: a protocol that was not offered must not be selected.
		want := ""
		if strings.Contains(strings.Join(words, " "), "via=protocol") {
			want = "tacet.v1"
		}
		if protocol != want {
			return fmt.Errorf("the subprotocol %q was selected, not %q", protocol, want)
		}
		return someone.hear(p.isWelcome)
	}
}

// is reads "is refused", "is closed" and "is answered".
func is(r *reader, who string) action {
	switch what := r.word("refused, closed or answered"); what {
	case "refused":
		return isRefused(r, who)
	case "closed":
		return isClosed(r, who)
	case "answered":
		return isAnswered(r, who)
	default:
		r.fail("nobody is %q", what)
		return nil
	}
}

func isRefused(r *reader, who string) action {
	status := r.number("the HTTP status")
	words := r.options()
	return func(p *player) error {
		name, err := p.expand(who)
		if err != nil {
			return err
		}
		_, _, err = p.arrive(name, words)
		var refused refusal
		switch {
		case err == nil:
			return fmt.Errorf("%s was let in", name)
		case !errors.As(err, &refused):
			return err
		case refused.status != status:
			return refused
		}
		return nil
	}
}

// asks sends a request for each topic and reads its ack.
func asks(kind string) verb {
	return func(r *reader, who string) action {
		topics := []string{r.word("a topic")}
		for r.more() {
			topics = append(topics, r.word("a topic"))
		}
		return by(who, func(p *player, s *person) error {
			for _, topic := range topics {
				name, err := p.expand(topic)
				if err != nil {
					return err
				}
				if err := s.say(kind, s.nextID(), member{"topic", quote(name)}); err != nil {
					return err
				}
				if err := s.hear(isAck(s.asked, "1", "0", "0")); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func publishes(r *reader, who string) action {
	return publication(r, who, "publish", r.word("a topic"))
}

func messages(r *reader, who string) action { return publication(r, who, "message", "") }

// publication reads a payload and how it is sent.
func publication(r *reader, who, kind, topic string) action {
	payload := r.word("a payload")
	var more []member
	id, silent := "", false
	for r.more() {
		switch {
		case r.take("as"):
			more = append(more, member{"messageType", quote(r.word("a message type"))})
		case r.take("id"):
			id = r.word("an id")
		case r.take("without", "id"):
			silent = true
		case r.take("without", "echo"):
			more = append(more, member{"echo", "false"})
		case r.take("compressed"):
			more = append(more, member{"compress", "true"})
		default:
			r.fail("nobody publishes %s", r.words[0].text)
		}
	}
	return by(who, func(p *player, s *person) error {
		members := more
		if topic != "" {
			name, err := p.expand(topic)
			if err != nil {
				return err
			}
			members = append([]member{{"topic", quote(name)}}, more...)
		}
		text, err := p.expand(payload)
		if err != nil {
			return err
		}
		used := id
		switch {
		case silent:
			used = ""
		case id == "":
			used = s.nextID()
		}
		return s.say(kind, used, append(members, member{"payload", text})...)
	})
}

func authenticates(r *reader, who string) action {
	words := r.options()
	return by(who, func(p *player, s *person) error {
		o, err := p.options(words)
		if err != nil {
			return err
		}
		token, err := p.token(o, who, false)
		if err != nil {
			return err
		}
		return s.say("authenticate", s.nextID(), member{"access_token", quote(token)})
	})
}

// sends reads a frame as it stands.
func sends(r *reader, who string) action {
	kind := "text"
	for _, k := range []string{"binary", "ping", "pieces"} {
		if r.take(k) {
			kind = k
		}
	}
	raw := r.rest()
	return by(who, func(p *player, s *person) error {
		text, err := p.expand(raw)
		if err != nil {
			return err
		}
		s.log.said(s.name, "→", text)
		// A server that has seen enough may close before the end: what becomes
		// of the sender is for the next line to say.
		_ = s.sendAs(kind, []byte(text))
		return nil
	})
}

func closes(r *reader, who string) action {
	code := 1000
	if r.take("with") {
		code = r.number("a code")
	}
	return by(who, func(_ *player, s *person) error {
		if err := s.send(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), ""))); err != nil {
			return err
		}
		end, err := s.ended()
		if err == nil && end.code != code {
			err = fmt.Errorf("the answer is %s", end)
		}
		return err
	})
}
