package wire

import (
	"unicode/utf8"

	"tacet/core/topic"
)

// Post is a backend's publication as it comes over HTTP, checked:
// {"topic": …, "message": …, "messageType"?: …, "compress"?: …, "id"?: …}.
type Post struct {
	Envelope
	// Message is the message as it came, byte for byte. It points into the
	// body that was decoded: valid as long as that is.
	Message []byte
}

// DecodePost returns what body asks for. On error the Post holds the id, if
// that could be read; the error is a *fault.Error and repeats nothing of the
// body.
//
// The message is spliced into frames as it is, so this is where it is found to
// be UTF-8, well-formed, and nested no more deeply than receivers can bear.
func DecodePost(body []byte) (Post, error) {
	var p Post
	if !utf8.Valid(body) {
		return p, invalid(CodeInvalid, "this is not UTF-8 text")
	}
	var name string
	s := scanner{text: body}
	err := s.members(func(key, value []byte) error { return p.field(key, value, &name) })
	if err == nil && !s.end() {
		err = invalid(CodeInvalid, "something follows the JSON object")
	}
	if err != nil {
		return p, err
	}
	switch {
	case name == "":
		return p, invalid(CodeInvalidTopic, "a publication needs a topic, a string")
	case p.Message == nil:
		return p, invalid(CodeInvalidField, "a publication needs a message; it may be any JSON")
	}
	if p.MessageType == "" {
		p.MessageType = DefaultMessageType
	}
	p.Topic, err = topic.Parse(name)
	return p, withCode(CodeInvalidTopic, err)
}

// field takes over one member. Unknown ones are left alone.
func (p *Post) field(key, value []byte, name *string) error {
	if string(key) == "message" {
		p.Message = value
		return nil
	}
	return p.Envelope.field(key, value, name)
}
