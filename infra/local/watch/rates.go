package watch

import (
	"sync"
	"time"

	"tacet/infra/metrics"
)

// sample is what had been counted at a time.
type sample struct {
	at                   time.Time
	messages, deliveries uint64
	times                metrics.Distribution
	refused              map[string]uint64
}

func sampleOf(at time.Time, t metrics.Totals) sample {
	return sample{at, t.Messages(), t.Delivered, t.Times, t.Refused()}
}

// remembered is for how long samples are kept.
const remembered = time.Hour

// rates keeps samples of an hour. Safe for concurrent use.
type rates struct {
	mu      sync.Mutex
	samples []sample // in order
}

func (r *rates) add(s sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, s)
	// One more than an hour has: the first minute begins with it.
	for len(r.samples) > 2 && s.at.Sub(r.samples[1].at) >= remembered {
		r.samples = r.samples[1:]
	}
}

// before returns the last sample that is older than d, or the first that there
// is.
func (r *rates) before(now time.Time, d time.Duration) sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.samples[0]
	for _, s := range r.samples {
		if now.Sub(s.at) < d {
			break
		}
		from = s
	}
	return from
}

// minute is what happened in a minute, or a shorter step, by the second.
type minute struct {
	At         time.Time `json:"at"` // when it ended
	Messages   float64   `json:"messagesPerSecond"`
	Deliveries float64   `json:"deliveriesPerSecond"`
}

// minutes returns the last hour in steps of a minute, or shorter ones, the oldest
// first.
func (r *rates) minutes(step time.Duration) []minute {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := []minute{}
	from := r.samples[0]
	for _, s := range r.samples[1:] {
		if s.at.Sub(from.at) >= step {
			all = append(all, between(from, s))
			from = s
		}
	}
	return all
}

func between(from, to sample) minute {
	seconds := to.at.Sub(from.at).Seconds()
	if seconds <= 0 {
		return minute{At: to.at}
	}
	return minute{to.at, float64(to.messages-from.messages) / seconds, float64(to.deliveries-from.deliveries) / seconds}
}
