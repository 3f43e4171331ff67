package runtime_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/runtime"
)

func soon(int, bool) time.Duration { return 0 }

func TestAnAsynchronousEventIsHandledOnce(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	if err := f.Start(t.Context(), do("tell", "started")); err != nil {
		t.Fatal(err)
	}
	if answer := r.request("Function", "Event", string(do("tell", "started"))); !strings.HasPrefix(answer, "202\n") {
		t.Fatal(answer)
	}
	r.meet.told(t, 2)
}

func TestAnAsynchronousEventThatFailsIsTriedThreeTimes(t *testing.T) {
	var waits []time.Duration
	r := newRig(t, runtime.Options{RetryAfter: func(n int, throttled bool) time.Duration {
		if throttled {
			t.Error("nothing was throttled")
		}
		waits = append(waits, time.Duration(n))
		return 0
	}})
	f := r.function("Function")
	f.Start(t.Context(), do("tell and fail", "x"))
	r.meet.told(t, 3)
	take(t, r.log.written, 3)
	r.Close(t.Context()) // waits until the event is given up
	if len(waits) != 2 {
		t.Errorf("waits: %v", waits)
	}
	ids := map[string]int{}
	for line := range strings.Lines(r.log.String()) {
		_, rest, _ := strings.Cut(line, `"request":"`)
		id, _, _ := strings.Cut(rest, `"`)
		ids[id]++
	}
	if len(ids) != 1 {
		t.Errorf("the attempts have different ids: %v", ids)
	}
}

func TestAThrottledAsynchronousEventIsTriedUntilThereIsRoom(t *testing.T) {
	refused := make(chan int, 100)
	r := newRig(t, runtime.Options{RetryAfter: func(n int, throttled bool) time.Duration {
		if throttled {
			refused <- n
		}
		return time.Millisecond
	}})
	f := r.function("Function", concurrency(1))
	first := r.meetAll(f, 1)
	r.meet.told(t, 1)
	f.Start(t.Context(), do("tell", "later"))
	for want := 1; want <= 3; want++ {
		if got := <-refused; got != want {
			t.Fatalf("attempt %d, want %d", got, want)
		}
	}
	go func() { // there may be many more until it is let in
		for range refused {
		}
	}()
	r.meet.release()
	<-first
	r.meet.told(t, 1)
	r.Close(t.Context())
	close(refused)
}

func TestTheBacklogIsBounded(t *testing.T) {
	r := newRig(t, runtime.Options{Backlog: 1, RetryAfter: soon})
	f := r.function("Function")
	f.Start(t.Context(), do("meet"))
	r.meet.told(t, 1)
	var refusal *runtime.Refusal
	if err := f.Start(t.Context(), do("echo")); !errors.As(err, &refusal) || refusal.Status != 429 {
		t.Errorf("got %v", err)
	}
	r.meet.release()
	runtime.AwaitQueued(r.Host, 0)
	if err := f.Start(t.Context(), do("echo")); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestLambdaWaitsBetweenAttempts(t *testing.T) {
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute} {
		if got := runtime.RetryAfter(i+1, false); got != want {
			t.Errorf("after failure %d: %v", i+1, got)
		}
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300} {
		if got := runtime.RetryAfter(i+1, true); got != want*time.Second {
			t.Errorf("after refusal %d: %v", i+1, got)
		}
	}
}
