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

type wholeDaysInput struct {
	Days string `path:"days" doc:"How many days, up to the last one that is over: 1 to 366." pattern:"^[0-9]+$" example:"7"`
}

type topTopicsInput struct {
	Days  string `path:"days" doc:"How many days, up to the last one that is over: 1 to 366." pattern:"^[0-9]+$" example:"7"`
	Limit string `query:"limit" doc:"How many topics are shown: 1 to 100; 20 without." pattern:"^[0-9]+$" example:"10"`
}

type (
	aggregatesOutput struct{ Body telemetry.Aggregates }
	topTopicsOutput  struct{ Body telemetry.TopTopics }
	heatmapOutput    struct{ Body telemetry.Heatmap }
)

func (s *server) routeTelemetry() {
	const (
		needs  = " Needs `realtime:admin:manage:application`."
		groups = " Days are whole ones in UTC, up to the last that was over for two minutes, and those that the plan's retention has wholly. On each, what is of fewer clients than minGroup is in other, " +
			"and so are the smallest groups until that is of as many: so nobody is singled out, not by subtracting answers either." + needs
	)
	registerBackend(s, huma.Operation{
		OperationID: "aggregates", Method: http.MethodGet, Path: "/telemetry/aggregates/{app}/{days}", Tags: []string{"telemetry"},
		Summary: "Sums of the last days",
		Description: "Days are UTC. What the plan's retention has ended is not in the sums. An event that was acknowledged is in them at once; " +
			"one that was written more than two minutes after it happened, which takes a failure, perhaps only minutes later." + needs,
	}, s.aggregates)
	registerBackend(s, huma.Operation{
		OperationID: "top-topics", Method: http.MethodGet, Path: "/telemetry/top-topics/{app}/{days}", Tags: []string{"telemetry"},
		Summary: "The topics with the most messages", Description: "A topic is shown, too, if one of its messages reached at least four times minGroup connections." + groups,
	}, s.topTopics)
	registerBackend(s, huma.Operation{
		OperationID: "connections-by-country", Method: http.MethodGet, Path: "/telemetry/heatmap/connections/countries/{app}/{days}", Tags: []string{"telemetry"},
		Summary: "Where connections came from", Description: "As far as a network edge in front of the platform tells countries." + groups,
	}, s.heatmap)
}

// number reads what must be a number; anything else is refused with the reason
// that a number out of range is.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

func (s *server) aggregates(ctx context.Context, c *call, in *aggregatesInput) (*aggregatesOutput, error) {
	if err := c.backend.May(grant.ManageApplication); err != nil {
		return nil, err
	}
	of := c.backend.App
	sums, err := telemetry.Aggregate(ctx, s.Reports.Figures, of.ID, number(in.Days), of.Limits().Retention, s.Service.Now())
	if err != nil {
		return nil, door.Unavailable(err)
	}
	return &aggregatesOutput{sums}, nil
}

func (s *server) topTopics(ctx context.Context, c *call, in *topTopicsInput) (*topTopicsOutput, error) {
	if err := c.backend.May(grant.ManageApplication); err != nil {
		return nil, err
	}
	limit := telemetry.DefaultRows
	if c.Request.URL.Query().Has("limit") {
		limit = min(number(in.Limit), telemetry.MaxRows+1)
		if limit == 0 {
			limit = -1 // zero would be the default
		}
	}
	top, err := s.Reports.TopTopics(ctx, c.backend.App.ID, number(in.Days), limit, s.Service.Now())
	if err != nil {
		return nil, door.Unavailable(err)
	}
	return &topTopicsOutput{top}, nil
}

func (s *server) heatmap(ctx context.Context, c *call, in *wholeDaysInput) (*heatmapOutput, error) {
	if err := c.backend.May(grant.ManageApplication); err != nil {
		return nil, err
	}
	heat, err := s.Reports.Heatmap(ctx, c.backend.App.ID, number(in.Days), s.Service.Now())
	if err != nil {
		return nil, door.Unavailable(err)
	}
	return &heatmapOutput{heat}, nil
}
