package runtime_test

import (
	"errors"
	"sync"
	"testing"

	"tacet/infra/local/runtime"
)

// chances returns the numbers in turn, then ones.
func chances(numbers ...float64) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		if len(numbers) == 0 {
			return 1
		}
		n := numbers[0]
		numbers = numbers[1:]
		return n
	}
}

func TestACrashLosesTheEventOrItsAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		half float64
		told int
	}{
		"before": {0.4, 0},
		"after":  {0.6, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, runtime.Options{Hostile: runtime.Hostile{Crash: 0.1, Random: chances(0, c.half)}})
			f := r.function("Function")
			_, err := f.Invoke(t.Context(), do("tell", "seen"))
			var failure *runtime.FunctionError
			if !errors.As(err, &failure) || failure.Kind != runtime.Exited {
				t.Errorf("got %v", err)
			}
			if n := len(r.meet.arrived); n != c.told {
				t.Errorf("the function was told %d times", n)
			}
			if got := must(t, f, do("count")); got != "1" {
				t.Error("the instance that crashed is used again")
			}
		})
	}
}

func TestATimeoutLosesTheAnswer(t *testing.T) {
	r := newRig(t, runtime.Options{Hostile: runtime.Hostile{Timeout: 0.1, Random: chances(0)}})
	f := r.function("Function")
	_, err := f.Invoke(t.Context(), do("tell", "seen"))
	var failure *runtime.FunctionError
	if !errors.As(err, &failure) || failure.Type != "Sandbox.Timedout" {
		t.Errorf("got %v", err)
	}
	r.meet.told(t, 1)
	if got := must(t, f, do("count")); got != "1" {
		t.Error("the instance is used again")
	}
}

func TestAnEventIsThrottledByChance(t *testing.T) {
	r := newRig(t, runtime.Options{Hostile: runtime.Hostile{Throttle: 0.1, Random: chances(0)}})
	f := r.function("Function")
	var refusal *runtime.Refusal
	if _, err := f.Invoke(t.Context(), do("echo")); !errors.As(err, &refusal) || refusal.Status != 429 {
		t.Errorf("got %v", err)
	}
	must(t, f, do("echo"))
}

func TestAnAsynchronousEventIsHandledTwiceByChance(t *testing.T) {
	r := newRig(t, runtime.Options{Hostile: runtime.Hostile{Twice: 0.1, Random: chances(0)}})
	f := r.function("Function")
	f.Start(t.Context(), do("tell", "twice"))
	r.meet.told(t, 2)
	f.Start(t.Context(), do("tell", "once"))
	r.meet.told(t, 1)
}
