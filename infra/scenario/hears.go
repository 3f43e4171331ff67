package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gobwas/ws"
)

// envelope is a frame from the server, its data as it came.
type envelope struct {
	Topic       *string         `json:"topic"`
	MessageType *string         `json:"messageType"`
	Data        json.RawMessage `json:"data"`
}

// open returns what is in a frame. Each must have what clients rely on: topic
// and messageType are strings, the type holds no dot, data is neither absent
// nor null.
func (f frame) open() (topic, kind, data string, err error) {
	var e envelope
	if f.op != ws.OpText && f.op != ws.OpBinary {
		return "", "", "", fmt.Errorf("that is no frame of the protocol: %s", f)
	}
	if err := json.Unmarshal(f.data, &e); err != nil {
		return "", "", "", fmt.Errorf("%s: %w", f, err)
	}
	if e.Topic == nil || e.MessageType == nil || len(e.Data) == 0 || string(e.Data) == "null" {
		return "", "", "", fmt.Errorf("a client cannot work with %s", f)
	}
	return *e.Topic, *e.MessageType, string(e.Data), nil
}

// is returns nil if the frame's topic and type are those, and its data has the
// structure of want.
func (f frame) is(topic, kind, want string) error {
	t, k, data, err := f.open()
	switch {
	case err != nil:
		return err
	case f.op != ws.OpText:
		return fmt.Errorf("this should be text: %s", f)
	case t != topic || k != kind:
		return fmt.Errorf("want %s %s\n\tgot  %s", topic, kind, f)
	}
	return matches(want, data)
}

func isPong(_ *person, f frame) error { return f.is("priv/session", "pong", "{}") }

func isTokenExpiring(_ *person, f frame) error {
	return f.is("priv/session", "token-expiring", `{"expiresAt":"$any"}`)
}

// isOfSchedule reports whether a frame is what a token's end brings about.
func isOfSchedule(s *person, f frame) bool {
	return isTokenExpiring(s, f) == nil || f.is("priv/errors", "error", `{"code":4002,"message":"$any"}`) == nil
}

func (p *player) isWelcome(s *person, f frame) error {
	want := `{"connection":{"id":"$any","appId":` + quote(string(p.place.App.ID)) + `,"remoteAddress":"$any"}}`
	if err := f.is("main", "welcome", want); err != nil {
		return err
	}
	var w struct {
		Data struct {
			Connection struct{ ID, RemoteAddress string }
		}
	}
	if err := json.Unmarshal(f.data, &w); err != nil {
		return err
	}
	if s.id = w.Data.Connection.ID; s.id == "" || strings.Contains(s.id, ".") {
		return errors.New("clients split names at dots, and the connection's id is " + quote(s.id))
	}
	return nil
}

func isAck(id, matched, delivered, gone string) func(*person, frame) error {
	return func(s *person, f frame) error {
		asked := id
		if asked == "" {
			asked = s.asked
		}
		return f.is("priv/acks", "ack", `{"data":`+quote(asked)+`,"matched":`+matched+`,"delivered":`+delivered+`,"gone":`+gone+`}`)
	}
}

// receives reads what somebody hears next.
func receives(r *reader, who string) action {
	switch {
	case r.take("ack"):
		return receivesAck(r, who)
	case r.take("error"):
		return receivesError(r, who)
	case r.take("presence"):
		return receivesPresence(r, who)
	case r.take("pong"):
		return hears(who, func(*player) (check, error) { return isPong, nil })
	case r.take("welcome"):
		return hears(who, func(p *player) (check, error) { return p.isWelcome, nil })
	case r.take("token-expiring"):
		return hears(who, func(*player) (check, error) { return isTokenExpiring, nil })
	case r.take("frame"):
		want := r.rest()
		return hears(who, func(p *player) (check, error) {
			text, err := p.expand(want)
			return func(_ *person, f frame) error { return matches(text, string(f.data)) }, err
		})
	case r.take("control-pong"):
		want := r.word("what the ping said")
		return hears(who, func(*player) (check, error) {
			return func(_ *person, f frame) error {
				if f.op != ws.OpPong || string(f.data) != want {
					return fmt.Errorf("got %s", f)
				}
				return nil
			}, nil
		})
	}
	return receivesPublication(r, who)
}

type check = func(*person, frame) error

// hears returns the action of hearing what is checked.
func hears(who string, make func(*player) (check, error)) action {
	return by(who, func(p *player, s *person) error {
		is, err := make(p)
		if err != nil {
			return err
		}
		return s.hear(is)
	})
}

func receivesAck(r *reader, who string) action {
	id := ""
	if r.more("matched") {
		id = r.word("an id")
	}
	var counts [3]string
	for i, name := range []string{"matched", "delivered", "gone"} {
		r.literal(name)
		counts[i] = r.word("a number")
	}
	return hears(who, func(p *player) (check, error) {
		asked, err := p.expand(id)
		return isAck(asked, counts[0], counts[1], counts[2]), err
	})
}

// receivesError reads the error's number, the id if there must be one, what
// its text must hold, and whether it says when to try again.
func receivesError(r *reader, who string) action {
	code := r.number("the error's number")
	id, withID := "", true
	switch {
	case r.take("without", "id"):
		withID = false
	case r.take("to"):
		id = r.word("an id")
	}
	text := r.quoted()
	want := `{"code":` + fmt.Sprint(code) + `,"message":"$any"`
	if r.take("retry") {
		want += `,"retryAfterMs":"$any"`
	}
	return hears(who, func(*player) (check, error) {
		return func(s *person, f frame) error {
			whole := want + "}"
			if withID {
				asked := id
				if asked == "" {
					asked = s.asked
				}
				whole = want + `,"id":` + quote(asked) + "}"
			}
			if err := f.is("priv/errors", "error", whole); err != nil {
				return err
			}
			if !strings.Contains(string(f.data), strings.Trim(quote(text), `"`)) {
				return fmt.Errorf("%s does not say %q", f, text)
			}
			return nil
		}, nil
	})
}

func receivesPresence(r *reader, who string) action {
	status, code := r.word("connected or disconnected"), "0"
	switch status {
	case "disconnected":
		code = "-1"
	case "connected":
	default:
		r.fail("nobody is %q", status)
	}
	r.literal("of")
	whom := r.word("a name")
	return hears(who, func(p *player) (check, error) {
		name, err := p.expand(whom)
		if err != nil {
			return nil, err
		}
		other, err := p.person(name)
		if err != nil {
			return nil, err
		}
		want := `{"client":` + other.asClient(true, `,"subProtocol":1`) + `,"payload":{"status":` + quote(status) + `,"code":` + code + `}}`
		return func(_ *person, f frame) error {
			if len(f.data) > maxPresence {
				return fmt.Errorf("%d bytes of presence are more than a client reads", len(f.data))
			}
			return f.is("secure/inbound", "presence", want)
		}, nil
	})
}

// maxPresence is how much of a frame one of the public clients reads.
const maxPresence = 6 << 10

// asClient is how a publication tells who sent it.
func (s *person) asClient(permissions bool, more string) string {
	if permissions {
		list, _ := json.Marshal(append([]string{}, s.claims...))
		more = `,"permissions":` + string(list) + more
	}
	return `{"connectionId":` + quote(s.id) + `,"subject":` + quote(s.subject) + more + `}`
}
