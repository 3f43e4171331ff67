// Package peers starts the servers that the load generator measures: Tacet, and what it is measured against.
//
// Each is a process of its own on loopback with a port of its own choice, stopped within bounded time, and killed by the
// kernel should the generator die. Bun and NATS come from a folder that install.sh fills, at the versions pinned there
// and in package-lock.json. They run as they are delivered: nothing is tuned but what the measurement needs, and that
// is written where it is done.
package peers
