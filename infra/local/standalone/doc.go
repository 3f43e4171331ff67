// Package standalone is the whole platform in one process: the gateway that
// behaves as API Gateway does, the functions of package entry called in it
// directly, the embedded stores, and the HTTP API, all on one listener.
//
// It promises that what was acknowledged is there after a restart, also after
// a kill; that connections and subscriptions are not, because the sockets are
// gone too: clients are told to come back, and subscribe again. Stop takes less
// than five seconds with thousands of connections.
//
// One listener serves all paths:
//
//	/apps/{app}?access_token=…   WebSocket
//	/ws?app=…&access_token=…     WebSocket, as on a bare API Gateway: a stage called ws
//	/console/                    a page to try things out on
//	/metrics, /status            package watch: figures, for whoever runs it
//	/v1/…                        package httpapi/manage: accounts
//	everything else              package httpapi
//
// API Gateway's management API (@connections) is not mounted: it is called
// with AWS credentials, and nobody is given any for this host. The platform
// itself reaches its connections by direct calls.
//
// What lies in the data folder, beside what package site keeps there:
//
//	db/, key, secrets, lock  what the embedded stores keep, and their key: see package embedded
//	vault                    the data keys of accounts, mode 0600
//	master                   the key that these are wrapped with, mode 0600
//
// Whoever runs the platform is the operator: an identity of its own that owns
// an account with the development application in it. He signs in with one-time
// links, and the commands of this machine with a session that stands in
// running.json and is renewed there. Others sign in with an issuer, if one is
// set.
//
// What a verb leaves to be done (package job) is done by one goroutine, at the
// start as well: a deletion that was interrupted by the end of the process goes
// on. Stop interrupts it.
//
// Applications that were kept before there were accounts are taken over at the
// start, into the operator's account; each is forgotten where it was when it is
// where it belongs.
package standalone
