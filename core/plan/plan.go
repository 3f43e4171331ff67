// Package plan says how much an application may use and for how long its
// telemetry is kept. Plans are data: nothing else in the program knows their
// numbers.
package plan

import (
	"time"

	"tacet/core/fault"
)

// Name names a plan.
type Name string

// The plans that exist.
const (
	Free      Name = "free"
	Team      Name = "team"
	Business  Name = "business"
	Unlimited Name = "unlimited"
)

// Plan is a set of quotas and a retention. Of a quota, zero means no limit.
type Plan struct {
	Name Name
	// Connections is how many the application may have open at a time.
	Connections int
	// ConnectionsPerSubject is how many of them one subject may have.
	ConnectionsPerSubject int
	// TopicsPerConnection is how many topics a connection may subscribe to,
	// besides those that every connection has.
	TopicsPerConnection int
	// MessageBytes is how large a payload may be.
	MessageBytes int
	// MessagesPerSecond is how many requests a connection may make, pings left
	// out, on average; as many may come at once. It leaves room for subscribing
	// to all its topics.
	MessagesPerSecond int
	// Retention is how long telemetry is readable. It is never zero.
	Retention time.Duration
}

const day = 24 * time.Hour

// all is the table of plans. The first is what an application begins with.
var all = []Plan{
	{Free, 100, 20, 50, 32 << 10, 100, 1 * day},
	{Team, 5_000, 50, 200, 128 << 10, 200, 30 * day},
	{Business, 100_000, 200, 1_000, 128 << 10, 1_000, 365 * day},
	{Unlimited, 0, 0, 0, 0, 0, 365 * day},
}

// Default is the plan that an application begins with.
func Default() Plan { return all[0] }

// All returns every plan, the smallest first.
func All() []Plan { return append([]Plan(nil), all...) }

// ByName returns the plan of that name, or a fault of kind Invalid that lists
// the names there are.
func ByName(name Name) (Plan, error) {
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
	}
	text := "there is no such plan; there are"
	for i, p := range all {
		if i > 0 {
			text += ","
		}
		text += " " + string(p.Name)
	}
	return Plan{}, &fault.Error{Kind: fault.Invalid, Text: text}
}
