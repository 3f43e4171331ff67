package load

import (
	"context"

	"tacet/infra/load/swarm"
)

// Target is a server to measure.
type Target struct {
	Name    string
	Dialect swarm.Dialect
	// Start starts the server, or finds it; it is called twice in each round. The context bounds the start, not the
	// server's life.
	Start func(ctx context.Context) (Server, error)
}

// Server is a target that listens.
type Server struct {
	URL   string                      // ws:// or wss://
	Token func(connection int) string // as in swarm.Settings; if nil there are none
	PID   int                         // of the process to weigh; 0 leaves CPU and memory out
	Stop  func() error                // ends it within bounded time; if nil it is left running
}

// Endpoint is a target that runs already, somewhere: Tacet on this machine or deployed.
func Endpoint(url string, token func(connection int) string) Target {
	return Target{
		Name: "endpoint", Dialect: swarm.Tacet{},
		Start: func(context.Context) (Server, error) { return Server{URL: url, Token: token}, nil },
	}
}
