// Package entry is the inside of each function: an event in, a call of core, an
// answer out.
//
// It promises that the type of a WebSocket API's event decides what happens,
// never its route key: a message is answered as a message whichever function
// it reaches, and an event of a type that a function does not take is refused
// with a status that admits nobody. After the handshake each answer has status
// 200 and, if an answer is due, a frame; API Gateway's own error frames tell a
// client nothing.
//
// It promises, too, that nothing leaves it but the answer: neither a log
// record nor an error holds anything of a body, a header, a query string but
// a well-formed application id, or an address. A panic is logged as its type
// and place.
//
// The functions of the WebSocket API can be invoked in two ways, with the event
// itself inside one process, and with JSON by Lambda; both take the same path.
// The others take JSON alone: API the requests of an HTTP API, Welcome and
// Fanout what another function sends, Expire a schedule, and Rollup batches of
// a stream, of which it says where to begin again.
//
// It does not know which function runs where, has no timeouts, and retries
// nothing.
package entry
