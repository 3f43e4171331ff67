package metrics

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// Totals is what was counted. Figures that are zero are left out of lists.
type Totals struct {
	Sizes Distribution // of messages, in bytes
	Times Distribution // of deliveries, in nanoseconds

	Delivered, Gone, Failed uint64 // frames of messages
	Kept, Lost              uint64 // events of telemetry
	Disconnects             uint64
	Connects                []Coded
	Answered                []Answered
	Requests                []Requested
}

// Coded is how often something was answered so: "0" is well.
type Coded struct {
	Code string
	N    uint64
}

// Answered is how often a verb was.
type Answered struct {
	Verb string
	Coded
}

// Requested is how often a kind of request was made.
type Requested struct {
	Request
	N uint64
}

// Messages is how many were published.
func (t *Totals) Messages() uint64 { return t.Sizes.Count() }

// Refused adds up what was refused, handshakes and frames, by code.
func (t *Totals) Refused() map[string]uint64 {
	all := map[string]uint64{}
	for _, c := range t.Connects {
		all[c.Code] += c.N
	}
	for _, a := range t.Answered {
		all[a.Code] += a.N
	}
	delete(all, codes[0])
	return all
}

// Arrived is how many connections were let in.
func (t *Totals) Arrived() uint64 {
	for _, c := range t.Connects {
		if c.Code == codes[0] {
			return c.N
		}
	}
	return 0
}

// reading reads a figure.
type reading func(*atomic.Uint64) uint64

// Totals returns what was counted since the start. Figures of one moment may be
// one apart: nobody is held up while they are read.
func (c *Counts) Totals() Totals { return c.read((*atomic.Uint64).Load) }

// Take returns what was counted since it was taken before.
func (c *Counts) Take() Totals {
	return c.read(func(n *atomic.Uint64) uint64 {
		if n.Load() == 0 { // most are, and to read is cheaper
			return 0
		}
		return n.Swap(0)
	})
}

func (c *Counts) read(value reading) Totals {
	t := Totals{
		Sizes: c.sizes.read(value), Times: c.times.read(value), Delivered: value(&c.delivered), Gone: value(&c.gone), Failed: value(&c.failed),
		Kept: value(&c.kept), Lost: value(&c.lost), Disconnects: value(&c.disconnects),
	}
	for i, code := range codes {
		if n := value(&c.connects[i]); n > 0 {
			t.Connects = append(t.Connects, Coded{code, n})
		}
	}
	for v, verb := range verbs {
		for i, code := range codes {
			if n := value(&c.answered[v*len(codes)+i]); n > 0 {
				t.Answered = append(t.Answered, Answered{string(verb), Coded{code, n}})
			}
		}
	}
	c.requests.Range(func(kind, n any) bool {
		if n := value(n.(*atomic.Uint64)); n > 0 {
			t.Requests = append(t.Requests, Requested{kind.(Request), n})
		}
		return true
	})
	slices.SortFunc(t.Requests, func(a, b Requested) int {
		return cmp.Or(cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status))
	})
	return t
}
