package stack

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"tacet/infra/local/runtime"
)

// schedule says when a function is invoked: again and again after a time, or
// when the clock comes to a multiple of it.
type schedule struct {
	every   time.Duration
	onClock bool
}

// everyMinute is the one cron expression that is known here.
const everyMinute = "cron(* * * * ? *)"

// parseSchedule reads a schedule expression, as in "rate(1 minute)"
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html).
func parseSchedule(expression string) (schedule, error) {
	if expression == everyMinute {
		return schedule{time.Minute, true}, nil
	}
	inside, ok := strings.CutPrefix(expression, "rate(")
	inside, closed := strings.CutSuffix(inside, ")")
	number, unit, two := strings.Cut(inside, " ")
	n, err := strconv.Atoi(number)
	each := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(unit, "s")]
	if !ok || !closed || !two || err != nil || n < 1 || each == 0 {
		return schedule{}, fmt.Errorf("the schedule %q is not understood: only rate(…) and %s are", expression, everyMinute)
	}
	return schedule{every: time.Duration(n) * each}, nil
}

// wait returns how long it is until the next time.
func (s schedule) wait(now time.Time) time.Duration {
	if s.onClock {
		return now.Truncate(s.every).Add(s.every).Sub(now)
	}
	return s.every
}

// follow invokes a function by the schedule, whether it is done with the time
// before or not, until ctx ends. It returns when nobody waits for an answer.
func (s schedule) follow(ctx context.Context, f *runtime.Function, event func(time.Time) []byte, log *slog.Logger) {
	var running sync.WaitGroup
	defer running.Wait()
	for {
		timer := time.NewTimer(s.wait(time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case now := <-timer.C:
			running.Go(func() {
				if _, err := f.Invoke(ctx, event(now)); err != nil && ctx.Err() == nil {
					log.Warn("a scheduled function failed", "function", f.Name())
				}
			})
		}
	}
}

// scheduled is the event of a scheduled function
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html),
// as far as it is the same each time.
func scheduled(region, account string, at time.Time) []byte {
	return fmt.Appendf(nil, `{"version":"0","id":"00000000-0000-0000-0000-000000000000","detail-type":"Scheduled Event","source":"aws.events","account":%q,"time":%q,"region":%q,"resources":[],"detail":{}}`,
		account, at.UTC().Format(time.RFC3339), region)
}
