package command

import (
	"context"
	"net/http"
	"strconv"

	"tacet/infra/apiclient"
)

// plans is the commands for plans.
type plans struct {
	List planList `cmd:"" help:"List the plans there are, with their quotas."`
	Show planShow `cmd:"" help:"Show an application's plan."`
	Set  planSet  `cmd:"" help:"Give an application another plan."`
}

func (plans) example() string { return "  tacet plan list\n  tacet plan set team\n" }

type planList struct{ managed }

func (planList) example() string { return "  tacet plan list\n" }

// Run lists them.
func (p planList) Run(ctx context.Context, c *console) error {
	o, err := p.find()
	if err != nil {
		return err
	}
	return o.explain(ctx, list(c, p.JSON, o.client.List(ctx, "/v1/plans", nil), 0,
		"PLAN CONNECTIONS PER-SUBJECT TOPICS BYTES PER-SECOND RETENTION", "", planRecord.row))
}

// row returns the quotas as people read them.
func (p planRecord) row() []string {
	n := func(n int) string {
		if n == 0 {
			return "any"
		}
		return strconv.Itoa(n)
	}
	return []string{
		p.Name, n(p.Connections), n(p.ConnectionsPerSubject), n(p.TopicsPerConnection), n(p.MessageBytes), n(p.MessagesPerSecond),
		strconv.FormatInt(p.RetentionSeconds/(24*60*60), 10) + "d",
	}
}

type planShow struct{ ofApp }

func (planShow) example() string { return "  tacet plan show --app 0123456789abcdef0123456789abcdef\n" }

// Run shows the plan.
func (p planShow) Run(ctx context.Context, c *console) error {
	r, id, err := p.reach(ctx)
	if err != nil {
		return err
	}
	var x appRecord
	if _, err := r.get(ctx, r.path("apps", id), &x); err != nil {
		return err
	}
	for raw, err := range r.client.List(ctx, "/v1/plans", nil) {
		if err != nil {
			return r.explain(ctx, err)
		}
		var one planRecord
		if err := (&apiclient.Answer{Body: raw}).Into(&one); err != nil {
			return err
		}
		if one.Name != string(x.Plan) {
			continue
		}
		if p.JSON {
			return c.line(raw)
		}
		row := one.row()
		c.facts("Application", x.ID, "Plan", row[0], "Connections", row[1], "Per subject", row[2], "Topics", row[3]+" for each connection",
			"Message", row[4]+" bytes", "Per second", row[5]+" messages of a connection", "Telemetry", "kept for "+row[6])
		return nil
	}
	c.facts("Application", x.ID, "Plan", string(x.Plan))
	return nil
}

type planSet struct {
	ofApp
	Plan string `arg:"" enum:"${plans}" help:"The plan: ${enum}."`
}

func (planSet) example() string {
	return "  tacet plan set team --app 0123456789abcdef0123456789abcdef\n\nQuotas count at once. Telemetry is kept as long as the new plan\nsays, what there is already as well: a shorter time hides and erases what is older.\n"
}

// Run sets the plan.
func (p planSet) Run(ctx context.Context, c *console) error {
	r, id, err := p.reach(ctx)
	if err != nil {
		return err
	}
	version, err := r.get(ctx, r.path("apps", id), new(appRecord))
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{
		Method: http.MethodPut, Path: r.path("apps", id, "plan"), Body: map[string]string{"plan": p.Plan}, Match: version,
	})
	if err != nil {
		return err
	}
	return show(c, p.JSON, answer, func(x appRecord) error {
		c.say("Application %s has the plan %s now.", x.ID, x.Plan)
		return nil
	})
}
