package telemetry

import (
	"context"
	"slices"
	"time"

	"tacet/core/app"
)

// DefaultMinGroup is how many clients a group needs to be shown, if nobody says.
const DefaultMinGroup = 5

// Reports is the verbs of reports. Its fields are set once and not changed. Safe
// for concurrent use.
type Reports struct {
	Figures Figures
	// App returns an application as the directory has it now: not one that was
	// remembered, and whose plan may have changed since.
	App func(ctx context.Context, of app.ID) (*app.App, error)
	// MinGroup is how many clients a group needs to be shown, MaxCrowd at most;
	// zero is DefaultMinGroup. With 1 nobody is protected.
	MinGroup int
}

// Report is the answer to a Query.
type Report struct {
	App  app.ID    `json:"appId"`
	From time.Time `json:"from" doc:"When the first point begins: not before the plan's retention does."`
	To   time.Time `json:"to" doc:"When the last point ends."`
	Step Step      `json:"step" enum:"minute,hour,day,month,total"`
	Zone string    `json:"zone" example:"Europe/Berlin"`
	By   By        `json:"by,omitempty" enum:"topic,country,code" doc:"Left out when the figures are of everything together."`
	// MinGroup is how many clients a group needs to be shown; 0 for what are no
	// groups of people.
	MinGroup int     `json:"minGroup,omitempty" doc:"How many different clients a topic or country needs on a day to be shown; the others are together in other."`
	Points   []Point `json:"points" nullable:"false"`
}

// Point is a step of a report. It has one of Figures, Topics, Countries and
// Codes.
type Point struct {
	Start     time.Time     `json:"start"`
	End       time.Time     `json:"end"`
	Figures   *Summary      `json:"figures,omitempty"`
	Topics    *TopicTable   `json:"topics,omitempty"`
	Countries *CountryTable `json:"countries,omitempty"`
	Codes     *CodeTable    `json:"codes,omitempty"`
}

// Report answers a query. Faults of kind Invalid say what is wrong with it.
func (r Reports) Report(ctx context.Context, of app.ID, asked Query, now time.Time) (Report, error) {
	q, err := asked.check(now)
	if err != nil {
		return Report{}, err
	}
	a, err := r.App(ctx, of)
	if err != nil {
		return Report{}, err
	}
	report := Report{App: of, From: q.from, To: q.from, Step: q.Step, Zone: q.Zone.String(), By: q.By, Points: []Point{}}
	if q.By.people() {
		report.MinGroup = r.minGroup()
		return report, r.group(ctx, a, q, now, &report)
	}
	bounds, err := q.steps(now.Add(-a.Limits().Retention), now)
	if err != nil || len(bounds) == 0 {
		return report, err
	}
	sums, err := r.sum(ctx, of, bounds, now)
	if err != nil {
		return Report{}, err
	}
	report.From, report.To = bounds[0], bounds[len(bounds)-1]
	for i := range sums {
		p := Point{Start: bounds[i], End: bounds[i+1]}
		if s := sums[i].Summary(); q.By == PerCode {
			p.Codes = codeTable(s.ErrorsByCode, q.Limit)
		} else {
			p.Figures = &s
		}
		report.Points = append(report.Points, p)
	}
	return report, nil
}

// sum returns what happened from each time to the next, but for groups.
func (r Reports) sum(ctx context.Context, of app.ID, bounds []time.Time, now time.Time) ([]Digest, error) {
	sums := make([]Digest, len(bounds)-1)
	last := len(bounds) - 1
	err := r.Figures.Sum(ctx, of, bounds[0], bounds[last], aligned(bounds[1:last]), now, func(at time.Time, d *Digest) error {
		if i := place(bounds, at); i >= 0 && i < last {
			sums[i].summarise(d)
		}
		return nil
	})
	return sums, err
}

// place returns between which times at lies: -1 before the first.
func place(bounds []time.Time, at time.Time) int {
	i, begins := slices.BinarySearchFunc(bounds, at, time.Time.Compare)
	if begins {
		return i
	}
	return i - 1
}
