package standalone

import (
	"context"
	"errors"
	"testing"

	"tacet/core/telemetry"
	"tacet/infra/embedded"
	"tacet/infra/httpapi/manage/lifetest"
)

// What the deletion of a large account takes on this host, by
// -bench Deletion -benchtime 1x -events 1000000; a second of it is the wait
// until nothing is on its way any more.
func BenchmarkDeletion(b *testing.B) {
	p, _, stop := alive(b, b.TempDir())
	defer stop()
	lifetest.Large{Rights: p.rights, Record: func(ctx context.Context, r telemetry.Record) error {
		err := p.disk.Telemetry.Record(ctx, r, false)
		if errors.Is(err, embedded.ErrBusy) {
			return p.disk.Telemetry.Record(ctx, r, true)
		}
		return err
	}}.Benchmark(b)
}
