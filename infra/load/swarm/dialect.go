package swarm

import "net/url"

// Dialect is a server's protocol, as far as a subscriber and a publisher need it. A Dialect has no state; what a
// connection must remember is in its Ear.
type Dialect interface {
	// Address adds to the address of the server what a connection with this token has to say there.
	Address(server url.URL, token string) url.URL
	// Subscribe is the message that subscribes to a topic. The serial, from 1, is different for each topic of a
	// connection.
	Subscribe(topic string, serial int) []byte
	// Publish is the message that publishes a payload to a topic, without asking for an answer.
	Publish(topic string, payload []byte) []byte
	// Ear listens on one connection. Messages of at least this many bytes are deliveries once the connection is
	// subscribed; shorter ones are news of the server.
	Ear(delivery int) Ear
}

// Ear understands what a server says on one connection. It is used by one thread.
type Ear interface {
	// Hear takes a piece of a message of this length (so far, when it comes in several frames); last closes the
	// message. It writes down in the ledger what the piece completes. An error says that the server refuses, in
	// words fit for a person.
	Hear(l *Ledger, piece []byte, length int, last bool) error
}

// Ledger is the account of one connection.
type Ledger struct {
	Deliveries    int    // publications that came
	Confirmations int    // subscriptions that the server confirmed
	Reply         []byte // a message to send back at once, such as an answer to a ping; nil for none
}

// newsLimit is how many bytes of news, such as a greeting or an error, an Ear keeps.
const newsLimit = 64 << 10
