package command

import (
	"fmt"
	"time"

	"tacet/core/plan"
	"tacet/infra/estimate"
)

// estimated says what a workload costs on AWS.
type estimated struct {
	Connections float64       `default:"1000" placeholder:"N" help:"Connections that are open at a time."`
	Lifetime    time.Duration `default:"2h" help:"How long a connection stays open; clients come back after two hours."`
	Topics      float64       `default:"2" placeholder:"N" help:"Topics that a connection subscribes to."`
	Publishes   float64       `default:"1" placeholder:"N" help:"Messages that clients publish in a second, all of them together."`
	Backend     float64       `default:"0" placeholder:"N" help:"Messages that backends publish in a second over HTTP."`
	Subscribers float64       `default:"10" placeholder:"N" help:"Connections that a message reaches."`
	Bytes       int           `default:"300" placeholder:"N" help:"Size of a payload."`
	Plan        string        `enum:"${plans}" default:"team" help:"Plan of the application, which says how long telemetry is kept: ${enum}."`
	Example     string        `enum:",chat,dashboard,devices" default:"" placeholder:"NAME" help:"Estimate an example instead: chat, dashboard or devices."`
	JSON        asJSON        `name:"json" help:"Print the bill as a JSON object."`
}

func (estimated) example() string {
	return `  tacet estimate --connections 5000 --publishes 20 --subscribers 50
  tacet estimate --example chat

Averages over a month. What dominates is deliveries: API Gateway counts each
one, and each minute that a connection is open.
`
}

// Run prints the bill.
func (e estimated) Run(c *console) error {
	w, ok := estimate.Examples[e.Example]
	if !ok {
		p, err := plan.ByName(plan.Name(e.Plan))
		if err != nil {
			return misuse{err}
		}
		w = estimate.Workload{
			Connections: e.Connections, Lifetime: e.Lifetime, Topics: e.Topics, Publishes: e.Publishes, Backend: e.Backend,
			Subscribers: e.Subscribers, Bytes: e.Bytes, Retention: p.Retention,
		}
	}
	if err := w.Check(); err != nil {
		return misuse{err}
	}
	bill := estimate.Month(w, estimate.Listed, estimate.Assumed)
	if e.JSON {
		return c.line(bill)
	}
	if err := bill.Table(c.out); err != nil {
		return err
	}
	a := estimate.Assumed
	_, err := fmt.Fprintf(c.out, "\nList prices of %s, %s, without free tiers; $%.2f for a million deliveries.\n"+
		"Assumed: %.0f ms for an invocation and %.1f ms for a post, %.0f MB for functions that post and %.0f MB for others, %.0f bytes around a payload.\n",
		bill.Region, bill.Day, bill.Delivery, a.Invocation*1000, a.Post*1000, a.GB*1024, a.OtherGB*1024, a.Envelope)
	return err
}
