package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/grant"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/door"
)

type aggregatesInput struct {
	Days string `path:"days" doc:"How many days, today included: 1 to 366." pattern:"^[0-9]+$" example:"7"`
}

type aggregatesOutput struct{ Body telemetry.Aggregates }

func (s *server) routeTelemetry() {
	registerBackend(s, huma.Operation{
		OperationID: "aggregates", Method: http.MethodGet, Path: "/telemetry/aggregates/{app}/{days}", Tags: []string{"telemetry"},
		Summary: "Sums of the last days",
		Description: "Days are UTC. What the plan's retention has ended is not in the sums. An event that was acknowledged is in them at once; " +
			"one that was written more than two minutes after it happened, which takes a failure, perhaps only minutes later. Needs `realtime:admin:manage:application`.",
	}, s.aggregates)
}

func (s *server) aggregates(ctx context.Context, c *call, in *aggregatesInput) (*aggregatesOutput, error) {
	if err := c.backend.May(grant.ManageApplication); err != nil {
		return nil, err
	}
	days, err := strconv.Atoi(in.Days)
	if err != nil {
		days = 0 // no number of days either
	}
	of := c.backend.App
	sums, err := telemetry.Aggregate(ctx, s.Figures, of.ID, days, of.Limits().Retention, s.Service.Now())
	if err != nil {
		return nil, door.Unavailable(err)
	}
	return &aggregatesOutput{sums}, nil
}
