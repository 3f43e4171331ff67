package guard

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"tacet/infra/local/iam"
)

// counts are what a guard has seen, as sums: what it keeps does not grow with
// how long it runs.
type counts struct {
	mu      *sync.Mutex
	calls   map[Call]int
	used    map[string]map[iam.Grant]int
	denials map[Denial]int
}

// Denial is what a role did not allow.
type Denial struct {
	Call
	Action   string
	Resource string // the ARN, but for that of a connection, whose end is "*"
}

func newCounts() counts {
	return counts{new(sync.Mutex), map[Call]int{}, map[string]map[iam.Grant]int{}, map[Denial]int{}}
}

func (c *counts) passed(call Call, by []iam.Grant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[call]++
	used := c.used[call.Role]
	if used == nil {
		used = map[iam.Grant]int{}
		c.used[call.Role] = used
	}
	for _, g := range by {
		used[g]++
	}
}

func (c *counts) refused(call Call, need iam.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.denials[Denial{call, need.Action, anyConnection(need.Resource)}]++
}

// Calls returns how often each call was let pass.
func (g *Guard) Calls() map[Call]int {
	g.counts.mu.Lock()
	defer g.counts.mu.Unlock()
	return maps.Clone(g.counts.calls)
}

// Denials returns what was refused because a role does not allow it.
func (g *Guard) Denials() map[Denial]int {
	g.counts.mu.Lock()
	defer g.counts.mu.Unlock()
	return maps.Clone(g.counts.denials)
}

// Unused returns, for each role, what it is granted and has never needed. A
// role that has never called is there with all that it is granted.
func (g *Guard) Unused() map[string][]iam.Grant {
	g.counts.mu.Lock()
	defer g.counts.mu.Unlock()
	unused := map[string][]iam.Grant{}
	for _, role := range g.opts.Roles {
		for _, grant := range role.Granted() {
			if g.counts.used[role.Name][grant] == 0 {
				unused[role.Name] = append(unused[role.Name], grant)
			}
		}
		slices.SortFunc(unused[role.Name], func(a, b iam.Grant) int {
			return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Value, b.Value))
		})
	}
	return unused
}
