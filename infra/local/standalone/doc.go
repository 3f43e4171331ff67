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
//	everything else              package httpapi
//
// API Gateway's management API (@connections) is not mounted: it is called
// with AWS credentials, and nobody is given any for this host. The platform
// itself reaches its connections by direct calls.
//
// What lies in the data folder, beside what package site keeps there:
//
//	db/, key, lock, …  what the embedded stores keep, encrypted, and their key, mode 0600
package standalone
