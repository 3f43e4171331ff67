// Package swarm holds thousands of WebSocket clients in one thread: they subscribe, one of them publishes, and the
// swarm counts what arrives.
//
// It shares its machine with the server that it measures, so it costs as little as it can: raw non-blocking sockets
// behind one epoll, no goroutine per connection, and frames that are counted by their headers without looking at what
// is in them. Its frames are masked with the key zero, which RFC 6455 §5.3 does not forbid but which protects nobody:
// fit for a load generator, not for a client.
//
// It promises that no delivery is counted twice: each connection has its own account, so that one that got too much
// does not hide one that got too little. It does not promise that what arrived is what was sent; contents are never
// compared. It needs Linux, and says so elsewhere (ErrPlatform).
package swarm
