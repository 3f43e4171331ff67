package swarm

import (
	"fmt"
	"net/url"
)

// Bun is what the script in peers/bun.js speaks: a letter, then a topic, then a payload. It is as short as can be, so
// that what is measured is Bun's own broadcast and not the parsing of a protocol.
type Bun struct{}

// Address implements [Dialect]. There are no tokens.
func (Bun) Address(server url.URL, _ string) url.URL { return server }

// Subscribe implements [Dialect].
func (Bun) Subscribe(topic string, _ int) []byte { return []byte("s" + topic) }

// Publish implements [Dialect]. A topic is free of spaces.
func (Bun) Publish(topic string, payload []byte) []byte {
	return fmt.Appendf(nil, "p%s %s", topic, payload)
}

// Ear implements [Dialect].
func (Bun) Ear(delivery int) Ear {
	confirmed := 0
	return &newsEar{delivery: delivery, understand: func(message []byte) (int, error) {
		if string(message) == "ok" {
			confirmed++
		}
		return confirmed, nil
	}}
}
