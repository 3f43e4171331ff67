package telemetry

import (
	"context"
	"math"
	"strconv"
	"time"

	"tacet/core/app"
)

// TopTopics is the answer of the report of the same name.
type TopTopics struct {
	App      app.ID `json:"appId"`
	From     string `json:"from" doc:"The first day, YYYY-MM-DD, UTC."`
	To       string `json:"to" doc:"The last day: the last one that is over."`
	MinGroup int    `json:"minGroup" doc:"How many different clients must have published on a topic on a day for it to be shown; other topics are together in other."`
	TopicTable
}

// Heatmap is the answer of the report of connections by country.
type Heatmap struct {
	App      app.ID `json:"appId"`
	From     string `json:"from" doc:"The first day, YYYY-MM-DD, UTC."`
	To       string `json:"to" doc:"The last day: the last one that is over."`
	MinGroup int    `json:"minGroup" doc:"How many different clients must have connected from a country on a day for it to be shown; other countries are together in other."`
	CountryTable
}

// TopTopics returns the topics with the most messages on the last days that are
// over, limit at most; 0 is DefaultRows.
func (r Reports) TopTopics(ctx context.Context, of app.ID, days, limit int, now time.Time) (TopTopics, error) {
	if limit == 0 {
		limit = DefaultRows
	}
	if limit < 1 || limit > MaxRows {
		return TopTopics{}, mistake("limit must lie between 1 and " + strconv.Itoa(MaxRows))
	}
	from, to, sum, err := r.lastDays(ctx, of, PerTopic, days, now)
	if err != nil {
		return TopTopics{}, err
	}
	return TopTopics{of, from, to, r.minGroup(), *sum.topics(limit)}, nil
}

// Heatmap returns where connections came from on the last days that are over.
func (r Reports) Heatmap(ctx context.Context, of app.ID, days int, now time.Time) (Heatmap, error) {
	from, to, sum, err := r.lastDays(ctx, of, PerCountry, days, now)
	if err != nil {
		return Heatmap{}, err
	}
	return Heatmap{of, from, to, r.minGroup(), *sum.countries(math.MaxInt)}, nil
}

func (r Reports) lastDays(ctx context.Context, of app.ID, by By, days int, now time.Time) (from, to string, sum table, err error) {
	if err := checkDays(days); err != nil {
		return "", "", table{}, err
	}
	a, err := r.App(ctx, of)
	if err != nil {
		return "", "", table{}, err
	}
	end := Daily.Start(now.Add(-Settle))
	if r.minGroup() == 1 {
		end = Daily.Start(now).AddDate(0, 0, 1)
	}
	start := end.AddDate(0, 0, -days)
	all, err := r.tables(ctx, a, by, start, end, now)
	return start.Format(time.DateOnly), end.AddDate(0, 0, -1).Format(time.DateOnly), merged(all), err
}
