package platform

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"tacet/infra/config"
)

// stuck is a function that waits for its time to be up.
type stuck struct{}

func (stuck) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	<-ctx.Done()
	return event, nil
}

// What DynamoDB did not answer in time used to end the process with the event:
// API Gateway said "Internal server error", and nobody said why.
func TestAFunctionAnswersBeforeLambdaEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		answer, err := inTime{stuck{}}.Invoke(ctx, []byte("{}"))
		if took := time.Since(begun); took != 9*time.Second || string(answer) != "{}" || err != nil {
			t.Errorf("after %v: %s, %v", took, answer, err)
		}
	})
}

// An application that was read before the process was frozen, and a key set with
// a key that was withdrawn meanwhile, must be old when it goes on.
func TestTheClockGoesOnWhileAProcessIsFrozen(t *testing.T) {
	now := New(&config.Function{}, io.Discard).Now()
	if now != now.Round(0) {
		t.Errorf("%v is told by the clock that may stand still", now)
	}
}
