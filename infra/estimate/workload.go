package estimate

import (
	"errors"
	"time"
)

// Workload is what an application does, on average over a month.
type Workload struct {
	// Connections is how many are open at a time.
	Connections float64
	// Lifetime is how long one stays open: two hours at most.
	Lifetime time.Duration
	// Topics is how many a connection subscribes to.
	Topics float64
	// Publishes is how many messages clients publish in a second, all of them
	// together, and Backend how many backends do, over HTTP.
	Publishes, Backend float64
	// Subscribers is how many connections a message reaches.
	Subscribers float64
	// Bytes is the size of a payload.
	Bytes int
	// Retention is how long telemetry is kept; see core/plan.
	Retention time.Duration
}

// MaxLifetime is how long API Gateway lets a connection live.
const MaxLifetime = 2 * time.Hour

// Check returns nil, or what is wrong with the workload.
func (w Workload) Check() error {
	switch {
	case min(w.Connections, w.Topics, w.Publishes, w.Backend, w.Subscribers) < 0 || w.Bytes < 0 || w.Retention < 0:
		return errors.New("no number of a workload is negative")
	case w.Lifetime <= 0 || w.Lifetime > MaxLifetime:
		return errors.New("a connection lives longer than zero and two hours at most")
	case w.Subscribers > w.Connections:
		return errors.New("a message cannot reach more connections than are open")
	case w.Bytes > 128<<10:
		return errors.New("a payload has 128 KiB (131072 bytes) at most")
	}
	return nil
}

// Examples are the three workloads that the README shows.
var Examples = map[string]Workload{
	"chat": {
		Connections: 1_000, Lifetime: 30 * time.Minute, Topics: 3,
		Publishes: 5, Subscribers: 20, Bytes: 300, Retention: 30 * 24 * time.Hour,
	},
	"dashboard": {
		Connections: 5_000, Lifetime: MaxLifetime, Topics: 2,
		Backend: 1, Subscribers: 500, Bytes: 1_000, Retention: 30 * 24 * time.Hour,
	},
	"devices": {
		Connections: 100_000, Lifetime: MaxLifetime, Topics: 1,
		Publishes: 100, Subscribers: 1, Bytes: 200, Retention: 365 * 24 * time.Hour,
	},
}
