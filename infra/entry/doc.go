// Package entry is the inside of each function: an API Gateway event in, a
// call of core, an answer out.
//
// It promises that the type of an event decides what happens, never its route
// key: a message is answered as a message whichever function it reaches, and
// an event of a type that a function does not take is refused with a status
// that admits nobody. After the handshake each answer has status 200 and, if
// an answer is due, a frame; API Gateway's own error frames tell a client
// nothing.
//
// It promises, too, that nothing leaves it but the answer: neither a log
// record nor an error holds anything of a body, a header, a query string but
// a well-formed application id, or an address. A panic is logged as its type
// and place.
//
// Each function can be invoked in two ways, with the event itself inside one
// process, and with JSON by Lambda; both take the same path. Rollup is not
// behind API Gateway: it takes batches of a stream, in JSON alone, and says
// where to begin again.
//
// It does not know which function runs where, has no timeouts, and retries
// nothing.
package entry
