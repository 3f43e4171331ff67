package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/topic"
)

// ConnID is the id of one connection, opaque. It holds no dot: clients split
// names there.
type ConnID string

// Type is what a client asks for.
type Type string

// The types of frames from clients.
const (
	TypeSubscribe    Type = "subscribe"
	TypeUnsubscribe  Type = "unsubscribe"
	TypePublish      Type = "publish"
	TypeMessage      Type = "message"
	TypeAuthenticate Type = "authenticate"
	TypePing         Type = "ping"
)

// DefaultMessageType is the message type of a publication that names none.
const DefaultMessageType = "broadcast"

// Request is a frame from a client, checked. Which fields are set depends on
// Type; see the package comment. The zero value is no request.
type Request struct {
	Type Type
	Envelope
	// Payload is the payload as it came, byte for byte. It points into the
	// frame that was decoded: valid as long as that is.
	Payload []byte
	NoEcho  bool // the publisher does not want its own message
	// AccessToken is the fresh token of authenticate.
	AccessToken string
}

// null is the payload of a publication without one: what JSON makes of a
// value that the client left undefined.
var null = []byte("null")

// Decode returns what frame asks for. On error the Request holds the id, if
// that could be read, so that the answer can name what it answers; the error
// is a *fault.Error and repeats nothing of the frame.
func Decode(frame []byte) (Request, error) {
	var r Request
	if !utf8.Valid(frame) {
		return r, invalid(CodeInvalid, "the frame is not UTF-8 text")
	}
	var data []byte
	s := scanner{text: frame}
	err := s.members(func(key, value []byte) error {
		switch string(key) {
		case "type":
			t, err := text(key, value, MaxMessageType)
			r.Type = Type(t)
			return err
		case "data":
			data = value
		}
		return nil
	})
	if err == nil && !s.end() {
		err = invalid(CodeInvalid, "the frame goes on after its JSON object")
	}
	if filled := r.fill(data); err == nil {
		err = filled
	}
	if err != nil {
		return r, err
	}
	return r, r.check()
}

// MayHaveID reports whether frame may carry an id, and so ask for an ack. When
// it says no, that is certain: a host that must not wait for anything but an
// ack knows by it which frames it can handle at once.
func MayHaveID(frame []byte) bool {
	// Any key may be written with escapes.
	return bytes.Contains(frame, []byte(`"id"`)) || bytes.Contains(frame, []byte(`\u`))
}

// fill reads the members of data.
func (r *Request) fill(data []byte) error {
	if data == nil || string(data) == "null" {
		return nil
	}
	if data[0] != '{' {
		return invalid(CodeInvalidField, "data must be an object")
	}
	var name string
	s := scanner{text: data}
	err := s.members(func(key, value []byte) error {
		return r.field(key, value, &name)
	})
	if err != nil || name == "" {
		return err
	}
	r.Topic, err = topic.Parse(name)
	return withCode(CodeInvalidTopic, err)
}

// field takes over one member of data. Unknown ones are left alone.
func (r *Request) field(key, value []byte, name *string) (err error) {
	switch string(key) {
	case "payload":
		r.Payload = value
	case "echo":
		var echo bool
		echo, err = boolean(key, value, true)
		r.NoEcho = !echo
	case "access_token":
		r.AccessToken, err = text(key, value, grant.MaxTokenLength)
	default:
		err = r.Envelope.field(key, value, name)
	}
	return err
}

// check holds the request against what its type needs.
func (r *Request) check() error {
	switch r.Type {
	case TypeSubscribe, TypeUnsubscribe:
		return r.needTopic()
	case TypePublish:
		r.fillDefaults()
		return r.needTopic()
	case TypeMessage:
		r.fillDefaults()
		r.Topic = topic.Inbound
		return nil
	case TypeAuthenticate:
		if r.AccessToken == "" {
			return invalid(CodeInvalidField, "authenticate needs data.access_token, a string")
		}
		return nil
	case TypePing:
		return nil
	case "":
		return invalid(CodeInvalid, `the frame has no type; it must look like {"type":"publish","data":{"topic":"main","payload":"hello"}}`)
	default:
		return invalid(CodeUnknownType, "the frame's type is none of subscribe, unsubscribe, publish, message, authenticate, ping")
	}
}

func (r *Request) needTopic() error {
	if r.Topic == "" {
		return invalid(CodeInvalidTopic, string(r.Type)+" needs data.topic, a string")
	}
	return nil
}

func (r *Request) fillDefaults() {
	if r.MessageType == "" {
		r.MessageType = DefaultMessageType
	}
	if r.Payload == nil {
		r.Payload = null
	}
}

// members takes an object and calls f for each of its members. An error of f
// must not hide the id that may come after it, since the answer needs that: so
// the first one waits until all has been read. A key of the protocol may occur
// once, or two readers of one frame could see two things.
func (s *scanner) members(f func(key, value []byte) error) error {
	if !s.take('{') {
		return invalid(CodeInvalid, "this is not a JSON object")
	}
	var seen keys
	var late error
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return malformed(errSyntax)
		}
		key, err := s.key()
		if err != nil {
			return malformed(err)
		}
		value, err := s.value()
		if err != nil {
			return malformed(err)
		}
		if !seen.add(key) {
			return invalid(CodeInvalid, "a field occurs twice")
		}
		if err := f(key, value); err != nil && late == nil {
			late = err
		}
	}
	return late
}

// key takes a member's key and its colon.
func (s *scanner) key() ([]byte, error) {
	s.space()
	start := s.at
	if err := s.str(); err != nil {
		return nil, err
	}
	key := unquote(s.text[start:s.at])
	if !s.take(':') {
		return nil, errSyntax
	}
	return key, nil
}

// keys remembers which of the protocol's keys were seen, one bit each.
type keys uint16

var known = [...]string{"type", "data", "topic", "id", "messageType", "payload", "message", "compress", "echo", "access_token"}

// add reports whether key is new; keys that the protocol does not know are
// always new.
func (k *keys) add(key []byte) bool {
	for i, name := range known {
		if string(key) == name {
			bit := keys(1) << i
			fresh := *k&bit == 0
			*k |= bit
			return fresh
		}
	}
	return true
}

// text returns a string of at most limit bytes; null is the empty string.
func text(key, value []byte, limit int) (string, error) {
	if string(value) == "null" {
		return "", nil
	}
	if value[0] != '"' {
		return "", invalid(CodeInvalidField, string(key)+" must be a string")
	}
	s := unquote(value)
	if len(s) > limit {
		return "", invalid(CodeInvalidField, string(key)+" is too long")
	}
	return string(s), nil
}

// boolean returns a boolean; null is the default.
func boolean(key, value []byte, byDefault bool) (bool, error) {
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return byDefault, nil
	}
	return false, invalid(CodeInvalidField, string(key)+" must be true or false")
}

// unquote returns what a string token says, as part of the token where it can.
// The scanner has found it well-formed.
func unquote(token []byte) []byte {
	inner := token[1 : len(token)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if err := json.Unmarshal(token, &s); err != nil {
		return nil
	}
	return []byte(s)
}

func malformed(err error) error {
	if errors.Is(err, errDepth) {
		return invalid(CodeTooDeep, "this is nested too deeply: at most 512 levels")
	}
	return invalid(CodeInvalid, "this is not well-formed JSON")
}

func invalid(code Code, text string) error {
	return &fault.Error{Kind: fault.Invalid, Code: code, Text: text}
}

// withCode gives a fault that has no number of its own one.
func withCode(code Code, err error) error {
	var f *fault.Error
	if err == nil || !errors.As(err, &f) || f.Code != 0 {
		return err
	}
	numbered := *f
	numbered.Code = code
	return &numbered
}
