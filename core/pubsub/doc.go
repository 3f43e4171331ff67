// Package pubsub is what Tacet does: connect, welcome, disconnect, subscribe,
// unsubscribe, publish, fan out.
//
// # What is promised
//
// Delivery is at most once: a message exists in memory while it passes, and
// is never kept for anybody. It goes to the connections that had the topic
// when its audience was read; one that subscribes meanwhile may miss it.
//
// An ack tells the truth in numbers: how many connections had the topic, how
// many the frame was handed to, how many are gone. What is left over could not
// be reached. Handed over is not received: only the client knows that.
//
// What one connection sends takes effect in the order in which it was sent,
// if the host calls Answer in that order. API Gateway may not; there, the ack
// is what to wait for.
//
// Every verb is safe to repeat. Each write may have failed and happened: a
// repeated Connect, Subscribe, Unsubscribe, Disconnect ends in the same state
// as a single one. A repeated publish publishes again, because nothing is kept
// by which a message could be recognised.
//
// # What is recorded
//
// Each message, each connection that came or went, and each refusal that can be
// told to be an application's: of a handshake, a frame, a backend's request. A
// refusal is recorded with its number in wire.Catalogue and the anonymised address
// of who was refused, and with nothing of what was refused. Its record never
// changes an answer.
//
// Of a connection's refused frames at most ten in a second are recorded, and about
// one for its rate, so that nobody writes a flood by sending one. Handshakes and
// backends' requests are recorded each: what sets them up costs several times as
// much. So the number of refusals is a lower bound while somebody floods.
//
// # What is not
//
// No order between publishers. No history, no replay. Presence is best effort:
// its reader may miss a frame as any subscriber may.
//
// Payloads are opaque here too. Ports carry ids, frames and events; the only
// one that ever sees a payload is Poster.
package pubsub
