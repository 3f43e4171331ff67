// Package socket is the WebSocket engine of the standalone host: RFC 6455
// server connections, taken over from net/http after the upgrade, and a fan-out
// that encodes a frame once and shares its bytes among all who receive it. It
// knows nothing of topics, tokens or API Gateway.
//
// # What it promises
//
//   - Each connection's frames arrive in the order in which they were sent to it.
//   - Sending never blocks. A receiver that is slow costs the others nothing, and
//     costs memory only up to Options.Backlog; past that Send answers ErrSlow and
//     the owner decides.
//   - Nothing is lost to a receiver that reads. When most receivers of a fan-out
//     are behind, it is the machine that is slow: then the connection that
//     publishes is not read until they have caught up (see Server.SendAll).
//   - A connection whose own answers it does not read is not read either.
//   - Handler calls of one connection are made one at a time, in order, and
//     Closed comes last, exactly once.
//
// # What it does not promise
//
//   - Delivery: a frame that Send accepted is lost when the connection ends first.
//   - Order between connections, or between two goroutines that send at once.
//   - permessage-deflate, binary messages from clients (refused with 1003), or a
//     check of the Origin header: owners authenticate by token.
package socket
