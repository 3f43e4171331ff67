package logging_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/infra/logging"
)

func TestFailureSaysWhyAndOnlyOfOurOwnFaultsMore(t *testing.T) {
	_, malformed := grant.Verify(nil, "MARKER", time.Now())
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a bad token": {malformed, `{"level":"INFO","msg":"m","fault":"unauthenticated","code":4200,"reason":"token malformed"}`},
		"a client's":  {&fault.Error{Kind: fault.Invalid, Code: 4103, Text: "t", Cause: errors.New("MARKER")}, `{"level":"INFO","msg":"m","fault":"invalid","code":4103}`},
		"a store's":   {&fault.Error{Kind: fault.Unavailable, Text: "t", Cause: errors.New("c")}, `{"level":"ERROR","msg":"m","fault":"unavailable","code":4401,"error":"t: c"}`},
		"no fault":    {errors.New("c"), `{"level":"ERROR","msg":"m","fault":"internal","code":4400,"error":"c"}`},
	} {
		got := with(t.Context(), logging.JSON, func(ctx context.Context, l *slog.Logger) {
			level, attrs := logging.Failure(c.err)
			l.LogAttrs(ctx, level, "m", attrs...)
		})
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}
