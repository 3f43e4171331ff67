package telemetry

import (
	"cmp"
	"math"
	"slices"
)

// Summary is what a report says of events: what a Digest knows of all of them
// together, and nothing of groups.
type Summary struct {
	Sums
	// OpenAtMost is how many connections were open at once, at a time when one
	// came or went; nil when nobody counted.
	OpenAtMost *int64 `json:"openAtMost" nullable:"true" doc:"How many connections were open at once, at a time when one came or went; null when nobody counted."`
	// Clients estimates how many different anonymised addresses there were, give
	// or take ClientsError: a client has another one each day.
	Clients      int64 `json:"clients" doc:"About how many different anonymised addresses connected or published. A client has another one each UTC day."`
	ClientsError int64 `json:"clientsError" doc:"The standard error of clients; 0 says that they were counted."`
	// DeliveryMicros is how long messages took; nil when there were none.
	DeliveryMicros *Times `json:"deliveryMicros,omitempty" doc:"How long messages took from their receipt to the last post, in microseconds: at most an eighth too much, never too little. Left out when there were none."`
	// ErrorsByCode are refusals, those of the most frequent code first.
	ErrorsByCode []CodeErrors `json:"errorsByCode" nullable:"false" doc:"What was refused, the most frequent code first."`
}

// Times are durations that a part of all did not exceed.
type Times struct {
	P50 int64 `json:"p50" doc:"Half of them took no longer."`
	P90 int64 `json:"p90"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

// CodeErrors is how often something was refused for one reason.
type CodeErrors struct {
	Code   int   `json:"code" doc:"A code of /v1/errors."`
	Errors int64 `json:"errors"`
}

// Summary returns what the digest says of all its events.
func (d *Digest) Summary() Summary {
	s := Summary{Sums: d.Sums, Clients: d.Clients.Estimate(), ErrorsByCode: make([]CodeErrors, 0, len(d.Codes))}
	if !d.Clients.exact() {
		s.ClientsError = int64(math.Ceil(DistinctError * float64(s.Clients)))
	}
	if d.Open.Peak > 0 {
		s.OpenAtMost = &d.Open.Peak
	}
	if d.Messages > 0 && d.Delivery.Total() > 0 {
		q := d.Delivery.Quantile
		s.DeliveryMicros = &Times{q(0.5), q(0.9), q(0.99), q(1)}
	}
	for c, n := range d.Codes {
		s.ErrorsByCode = append(s.ErrorsByCode, CodeErrors{c, n})
	}
	slices.SortFunc(s.ErrorsByCode, func(a, b CodeErrors) int {
		return cmp.Or(cmp.Compare(b.Errors, a.Errors), cmp.Compare(a.Code, b.Code))
	})
	return s
}

// summarise merges what o says of all its events.
func (d *Digest) summarise(o *Digest) {
	ungrouped := *o
	ungrouped.Topics, ungrouped.Countries = Top{}, nil
	d.Merge(&ungrouped)
}
