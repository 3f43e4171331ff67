package stack

import (
	"context"
	"fmt"
	"time"

	"tacet/infra/local/stream"
	"tacet/infra/local/template"
	"tacet/infra/sigv4"
)

// feed begins to invoke functions by streams and schedules, until ctx ends.
func (s *Stack) feed(ctx context.Context) error {
	for _, f := range s.template.Functions {
		for _, x := range f.Schedules {
			if err := s.schedule(ctx, f, x); err != nil {
				return err
			}
		}
		for _, x := range f.Streams {
			if err := s.stream(ctx, f, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// stream feeds a function from a table's stream. What Lambda reads there it
// reads as the function's role.
func (s *Stack) stream(ctx context.Context, f *template.Function, x template.Stream) error {
	if !x.Enabled {
		return nil
	}
	m := stream.Mapping{
		Function: s.functions[f.ID], Latest: x.From == "LATEST", BatchSize: x.BatchSize, Window: x.Window,
		ReportBatchItemFailures: x.PartialFail, BisectBatchOnFunctionError: x.Bisect, MaximumRecordAge: x.MaxAge,
		Discarded: func(n int) {
			s.log.Error("records of a stream were given up", "function", f.ID, "records", n)
		},
		Trouble: func(err error) { s.log.Warn("a stream cannot be read", "function", f.ID, "error", err) },
	}
	if x.Retries >= 0 {
		m.MaximumRetryAttempts = &x.Retries
	}
	if s.opts.Every > 0 {
		m.Window = min(m.Window, s.opts.Every)
	}
	for _, pattern := range x.Filters {
		filter, err := stream.ParseFilter(pattern)
		if err != nil {
			return fmt.Errorf("function %s, line %d: %w", f.ID, x.Line, err)
		}
		m.Filters = append(m.Filters, filter)
	}
	source, err := stream.Of(ctx, s.inside, s.template.Region, sigv4.Credentials{ID: f.ID, Secret: s.secret}, s.tableName(x.Table))
	if err != nil {
		return fmt.Errorf("function %s, line %d: the stream of %s: %w", f.ID, x.Line, x.Table, err)
	}
	m.Source = source
	s.feeding.Go(func() {
		if err := m.Run(ctx); err != nil && ctx.Err() == nil {
			s.fail(fmt.Errorf("the stream of %s: %w", x.Table, err))
		}
	})
	return nil
}

// tableName returns the name of a table by its logical id.
func (s *Stack) tableName(id string) string {
	for _, t := range s.template.Tables {
		if t.ID == id {
			return t.Name
		}
	}
	return id
}

func (s *Stack) schedule(ctx context.Context, f *template.Function, x template.Schedule) error {
	if !x.Enabled {
		return nil
	}
	when, err := parseSchedule(x.Expression)
	if err != nil {
		return err // it was checked when the template was read
	}
	if s.opts.Every > 0 {
		when = schedule{every: s.opts.Every}
	}
	event := func(at time.Time) []byte {
		if x.Input != "" {
			return []byte(x.Input)
		}
		return scheduled(s.template.Region, s.template.AccountID, at)
	}
	s.feeding.Go(func() { when.follow(ctx, s.functions[f.ID], event, s.log) })
	return nil
}
