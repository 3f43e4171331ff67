// Package poster posts frames to connections through API Gateway's Management
// API: POST and DELETE @connections. It is the hot path of a platform on AWS.
//
// # What is promised
//
// Post says of each connection, once, what became of it, and says it in time:
// it ends before its context does, so that there is time left for the ack. A
// 410 means gone or not open yet; core knows how old the connection is.
//
// A frame is posted to a connection at most once, as core promises its clients.
// What is known not to have happened is tried again, up to six times, after a
// random part of a time that doubles: 429, which API Gateway says of the rate
// of all requests and of one receiver that is too slow alike; 503; a
// connection that could not be made, or that broke before the request was out.
// What may have happened is not tried again, and counts as failed: no answer,
// half an answer, 500, 502, 504. So an ack can call failed what arrived; it never
// calls delivered what did not. Whoever is refused goes to the end of the
// queue, and a worker that is refused slows down, so that one slow receiver
// holds up nobody, and throttling throttles.
//
// Requests are made by as many workers as there are connections, so that one
// that is never answered holds up its own connection only. Frames that are
// posted one after the other to one connection arrive in that order, unless
// nobody knows what became of the first.
//
// The frame is hashed once, and held once for each worker: a post to 100,000
// connections of 128 KB holds 10 MB more than one to one connection, and 20 to
// 50 MB more if it is split, four pages of it at a time.
//
// Split does the same with help: parts of an audience are posted by invocations
// of the function fanout, in parallel and synchronous. A message never rests
// anywhere: not in a queue, not in a stream, not in an asynchronous invocation.
//
// Errors and reports hold numbers, never an id or anything of a frame.
//
// # What is not
//
// Handed over is not received: API Gateway takes frames for a client whose loss
// it has not noticed. There are no binary frames, and no codes or reasons for
// closing, because API Gateway has none. Requests are HTTP/1.1, one at a time
// on each connection. The environment's proxies are not used.
//
// # What it costs
//
// CPU time of the client for each frame of 512 bytes, 32 requests at once, in
// one run of the benchmark against another process, on two cores that others
// used as well (make microbench RUN=Fanout):
//
//	                            TLS, session token   neither
//	the SDK's client in a loop  96 µs                83 µs
//	the SDK's signer, net/http  37 µs                30 µs
//	our signer, net/http        26 µs                22 µs
//	this package                7.7 µs               5.1 µs
//	the same bytes, net.Conn    5.6 µs               3.9 µs
//
// It is 12 to 16 times below the SDK's client and 1.3 to 1.45 times the bare
// connection; what is left is the signature, of which hashing the session token
// is half. That net/http costs four times as much is why there is an HTTP
// client here. Sending the request from inside the wait for its answer, which
// saves a read in vain, made no difference that could be measured.
package poster
