package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Plan says what to measure. Its zero values mean what is written at each field; only Targets must be given.
type Plan struct {
	Targets  []Target      // ratios are those of the first to each of the others
	Sizes    []int         // numbers of subscribers; if nil 1, 100, 1,000 and 5,000
	Rounds   int           // medians are taken over them; 0 means 3
	Payload  int           // bytes of a message, from 2; 0 means 128
	Singles  int           // messages one at a time, at most; 0 means 2,000
	Burst    int           // messages of a burst, at most; 0 means 2,000
	Patience time.Duration // how long no delivery may come before the rest counts as lost; 0 means 10 seconds
}

// Bounds on the work at large sizes, in deliveries, where it would take minutes otherwise.
const (
	singlesBound = 300_000
	singlesLeast = 60
	burstBound   = 2_500_000
)

// singles is how many messages are sent one at a time to so many subscribers.
func (p *Plan) singles(size int) int {
	return min(p.Singles, max(singlesBound/size, singlesLeast))
}

// burst is how many messages make a burst to so many subscribers.
func (p *Plan) burst(size int) int {
	return min(p.Burst, max(burstBound/size, 1))
}

// payload is a JSON string of the planned size: every dialect can carry it.
func (p *Plan) payload() []byte {
	return []byte(`"` + strings.Repeat("x", p.Payload-2) + `"`)
}

// check fills in what was left out.
func (p *Plan) check() error {
	if len(p.Targets) == 0 {
		return errors.New("a plan needs a target")
	}
	names := map[string]bool{}
	for _, target := range p.Targets {
		if target.Name == "" || names[target.Name] {
			return fmt.Errorf("targets need names of their own: %q", target.Name)
		}
		names[target.Name] = true
	}
	if p.Sizes == nil {
		p.Sizes = []int{1, 100, 1000, 5000}
	}
	p.Sizes = slices.Compact(slices.Sorted(slices.Values(p.Sizes)))
	if len(p.Sizes) == 0 || p.Sizes[0] < 1 {
		return errors.New("a number of subscribers begins at 1")
	}
	for _, field := range []struct {
		value    *int
		fallback int
		least    int
		name     string
	}{
		{&p.Rounds, 3, 1, "rounds"},
		{&p.Payload, 128, 2, "payload"},
		{&p.Singles, 2000, 1, "singles"},
		{&p.Burst, 2000, 1, "burst"},
	} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
		if *field.value < field.least {
			return fmt.Errorf("%s: at least %d", field.name, field.least)
		}
	}
	return nil
}
