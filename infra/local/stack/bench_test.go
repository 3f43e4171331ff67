package stack

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"tacet/core/job"
	"tacet/core/rights"
	"tacet/core/telemetry"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/httpapi/manage/lifetest"
	"tacet/infra/local/template"
	"tacet/infra/platform"
)

// What the deletion of a large account takes where DynamoDB Local, which writes
// one item after the other, is the store, by
// -bench Deletion -benchtime 1x -events 100000; a second of it is the wait until
// nothing is on its way any more. The job is done in this process, as the
// function erase does it, a minute's invocation at a time.
func BenchmarkDeletion(b *testing.B) {
	s := begin(b, time.Hour) // nobody else goes on with the job
	all, erasing := s.rights(b, "ManageFunction", "manage"), s.rights(b, "EraseFunction", "erase")
	all.Accounts.Begin = func(context.Context, string) error { return nil }
	lifetest.Large{
		Rights: all,
		Record: func(ctx context.Context, r telemetry.Record) error {
			return dynamo.NewTelemetry(s.database, "TelemetryTable").Record(ctx, r, true)
		},
		Run: func(ctx context.Context, id job.ID) error {
			bounded, cancel := context.WithTimeout(ctx, 58*time.Second)
			defer cancel()
			_, err := erasing.Runner().Run(bounded, id)
			return err
		},
	}.Benchmark(b)
}

// rights returns the service as a function has it, with its settings and role.
func (s *Stack) rights(b *testing.B, id, function string) *rights.Service {
	b.Helper()
	i := slices.IndexFunc(s.template.Functions, func(f *template.Function) bool { return f.ID == id })
	env := s.environment(s.template.Functions[i], s.inside, s.stage().Name)
	env["AWS_REGION"] = s.template.Region
	settings, err := config.ReadFunction(function, func(name string) string { return env[name] })
	if err != nil {
		b.Fatal(err)
	}
	_, all := platform.New(settings, io.Discard).Accounts()
	return all
}
