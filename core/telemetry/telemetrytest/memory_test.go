package telemetrytest_test

import (
	"context"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
)

func TestTheModelKeepsTheContract(t *testing.T) {
	telemetrytest.TestRollups(t, func(*testing.T) (telemetry.Rollups, func(telemetry.Part, telemetry.Record)) {
		m := new(telemetrytest.Memory)
		return m, m.Write
	})
}

// model is the model with all events of an application in one part, of which
// everything is counted at once.
type model struct {
	telemetrytest.Memory
	t *testing.T
}

func part(of app.ID) telemetry.Part { return telemetry.Part{App: of, Number: 1} }

func (m *model) record(r telemetry.Record) {
	m.Write(part(r.App), r)
	written := r.At.Add(telemetry.Settle)
	if err := telemetry.Roll(m.t.Context(), m, part(r.App), []telemetry.Written{{At: r.At, Written: written}}, r.At); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	return m.Records(ctx, part(of), from, to, now, func(r telemetry.Record) error { return f(r.Event) })
}

func (m *model) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumPart(ctx, m, part(of), from, to, most, now, add)
}

func TestTheModelKeepsTheContractOfLifetimes(t *testing.T) {
	telemetrytest.TestLifetime(t, func(t *testing.T) (telemetrytest.Store, func(telemetry.Record)) {
		m := &model{t: t}
		return m, m.record
	})
}
