package runtime_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"tacet/infra/local/runtime"
)

// Whatever happens to the instances of two functions that share too little
// room, each event has the outcome that it asks for.
func TestEveryEventOfACrowdHasItsOwnOutcome(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 3})
	functions := []*runtime.Function{r.function("F"), r.function("G")}
	kinds := map[string]runtime.Kind{"fail": runtime.Returned, "panic": runtime.Returned, "exit": runtime.Exited}
	var crowd sync.WaitGroup
	for person := range 16 {
		crowd.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(person)))
			for range 25 {
				f := functions[random.IntN(2)]
				what := []string{"echo", "echo", "echo", "echo", "echo", "echo", "fail", "panic", "exit"}[random.IntN(9)]
				out, err := f.Invoke(t.Context(), do(what, what))
				var failure *runtime.FunctionError
				switch kind, fails := kinds[what]; {
				case !fails && (err != nil || string(out) != `"echo"`):
					t.Errorf("%s: %s, %v", what, out, err)
				case fails && (!errors.As(err, &failure) || failure.Kind != kind):
					t.Errorf("%s: %s, %v", what, out, err)
				}
			}
		})
	}
	crowd.Wait()
}
