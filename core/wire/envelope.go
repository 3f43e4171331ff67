package wire

import "tacet/core/topic"

// Envelope is what a publication says beside its payload, whether it comes in
// a frame or over HTTP. Other requests use a part of it.
type Envelope struct {
	Topic       topic.Name
	ID          string // "" when the sender gave none: then no ack is due
	MessageType string // DefaultMessageType when a publication gave none
	Compress    bool
}

// field takes over one member. Unknown ones are left alone. The topic only
// goes to name, as it came: to refuse it at once would hide the id that may
// come after it, and the answer needs that.
func (e *Envelope) field(key, value []byte, name *string) (err error) {
	switch string(key) {
	case "topic":
		*name, err = text(key, value, topic.MaxLength)
	case "id":
		e.ID, err = text(key, value, MaxID)
	case "messageType":
		e.MessageType, err = text(key, value, MaxMessageType)
	case "compress":
		e.Compress, err = boolean(key, value, false)
	}
	return err
}
