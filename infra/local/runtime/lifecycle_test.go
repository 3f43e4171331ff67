package runtime_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/local/runtime"
)

func TestAnIdleInstanceIsUsedAgain(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	for want := 1; want <= 5; want++ {
		if got := must(t, f, do("count")); got != strconv.Itoa(want) {
			t.Fatalf("event %d was number %s of its instance", want, got)
		}
	}
	if cold := strings.Count(r.log.String(), `"cold":true`); cold != 1 {
		t.Errorf("%d cold starts: %s", cold, &r.log)
	}
}

func TestTheInstanceUsedLastIsUsedFirst(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	if err := f.Warm(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 3; want++ {
		if got := must(t, f, do("count")); got != strconv.Itoa(want) {
			t.Errorf("event %d was number %s of its instance", want, got)
		}
	}
}

func TestEachEventHasAnInstanceOfItsOwn(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	const n = 5
	pids := r.meetAll(f, n)
	r.meet.told(t, n) // all of them at the same time
	r.meet.release()
	seen := map[string]bool{}
	for range n {
		seen[<-pids] = true
	}
	if len(seen) != n {
		t.Errorf("%d instances for %d events at once", len(seen), n)
	}
}

// meetAll invokes the function n times at once, and returns what it answers.
func (r *rig) meetAll(f *runtime.Function, n int) <-chan string {
	answers := make(chan string, n)
	for range n {
		go func() {
			out, err := f.Invoke(r.t.Context(), do("meet"))
			if err != nil {
				out = []byte(err.Error())
			}
			answers <- string(out)
		}()
	}
	return answers
}

func TestReservedConcurrencyIsNotExceeded(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function", concurrency(2))
	first := r.meetAll(f, 2)
	r.meet.told(t, 2)
	_, err := f.Invoke(t.Context(), do("echo"))
	var refusal *runtime.Refusal
	if !errors.As(err, &refusal) || refusal.Status != 429 || refusal.Reason != "ReservedFunctionConcurrentInvocationLimitExceeded" {
		t.Errorf("a third event at once: %v", err)
	}
	r.meet.release()
	<-first
	<-first
	must(t, f, do("echo"))
}

func TestWhatWaitsTakesTheFirstInstanceThatComesFree(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 1})
	f := r.function("Function")
	first := r.meetAll(f, 1)
	r.meet.told(t, 1)
	second := r.meetAll(f, 1)
	r.meet.release()
	if a, b := <-first, <-second; a != b {
		t.Errorf("instance %s, then %s", a, b)
	}
}

func TestRoomInAFullHostGoesToWhoeverWaits(t *testing.T) {
	for _, how := range []string{"meet", "meet and exit"} {
		t.Run(how, func(t *testing.T) {
			r := newRig(t, runtime.Options{Instances: 1})
			f, g := r.function("F"), r.function("G")
			go f.Invoke(t.Context(), do(how))
			r.meet.told(t, 1)
			answers := r.meetAll(g, 1)
			runtime.AwaitWaiting(r.Host, 1)
			r.meet.release()
			r.meet.told(t, 1)
			<-answers
		})
	}
}

func TestAFullHostThrottlesWhatFindsNoInstanceInTime(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 1, Patience: time.Millisecond})
	f, g := r.function("F"), r.function("G")
	first := r.meetAll(f, 1)
	r.meet.told(t, 1)
	_, err := g.Invoke(t.Context(), do("echo"))
	var refusal *runtime.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != "ConcurrentInvocationLimitExceeded" {
		t.Errorf("got %v", err)
	}
	r.meet.release()
	<-first
	must(t, g, do("echo")) // the idle instance of F has to go
	must(t, f, do("echo"))
}

func TestAnInstanceThatCrashedIsReplaced(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	for _, how := range []string{"panic", "exit", "exit well"} {
		must(t, f, do("echo"))
		var failure *runtime.FunctionError
		if _, err := f.Invoke(t.Context(), do(how)); !errors.As(err, &failure) {
			t.Fatalf("%s: %v", how, err)
		}
		if got := must(t, f, do("count")); got != "1" {
			t.Errorf("after %s: event %s of the instance", how, got)
		}
	}
}

func TestAnInstanceThatFailedIsUsedAgain(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	_, err := f.Invoke(t.Context(), do("fail"))
	if err == nil || err.Error() != "Unauthorized" {
		t.Errorf("an authorizer says no with %v", err)
	}
	if got := must(t, f, do("count")); got != "2" {
		t.Errorf("event %s of the instance", got)
	}
}

func TestAnInstanceThatIsLateIsKilled(t *testing.T) {
	r := newRig(t, runtime.Options{Grace: time.Hour})
	f := r.function("Function", mode("stubborn"), func(s *runtime.Spec) { s.Timeout = time.Second })
	var failure *runtime.FunctionError
	if _, err := f.Invoke(t.Context(), do("hang")); !errors.As(err, &failure) || failure.Kind != runtime.TimedOut {
		t.Fatalf("got %v", err)
	}
	r.meet.ended(t, 1)
	if got := must(t, f, do("count")); got != "1" {
		t.Errorf("event %s of the instance", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx) // nobody waits for the stubborn
}

func TestWhatAnInstanceLeavesBehindEndsWithIt(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function")
	must(t, f, do("child"))
	r.meet.told(t, 1)
	f.Invoke(t.Context(), do("exit"))
	r.meet.ended(t, 1)
}

func TestWhoStopsWaitingIsTakenOutOfTheLine(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 1})
	f := r.function("Function")
	first := r.meetAll(f, 1)
	r.meet.told(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		_, err := f.Invoke(ctx, do("count"))
		second <- err
	}()
	runtime.AwaitWaiting(r.Host, 1)
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.meet.release()
	<-first
	if got := must(t, f, do("count")); got != "2" {
		t.Errorf("event %s of the instance", got)
	}
}

func TestWhoStopsWaitingLeavesTheFunctionAtWork(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 1})
	f := r.function("Function")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r.meet.told(t, 1)
		cancel()
	}()
	if _, err := f.Invoke(ctx, do("meet")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.meet.release()
	if got := must(t, f, do("count")); got != "2" {
		t.Errorf("event %s of the instance", got)
	}
}

func TestInitialisationIsTriedTwice(t *testing.T) {
	r := newRig(t, runtime.Options{})
	_, err := r.function("Function", mode("init exits")).Invoke(t.Context(), do("echo"))
	var failure *runtime.FunctionError
	if !errors.As(err, &failure) || !strings.HasSuffix(failure.Message, "Runtime exited with error: exit status 3") {
		t.Error(err)
	}
	r.meet.told(t, 2)
}

func TestAnInstanceMayEndAtAnyTime(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function", mode("asks and exits"))
	for range 20 {
		_, err := f.Invoke(t.Context(), do("echo"))
		var failure *runtime.FunctionError
		if !errors.As(err, &failure) || failure.Type != "Runtime.ExitError" {
			t.Fatal(err)
		}
	}
}

func TestTheHostMayBeClosedAtAnyTime(t *testing.T) {
	for range 20 {
		r := newRig(t, runtime.Options{})
		f := r.function("Function")
		warm := make(chan struct{})
		go func() {
			f.Warm(t.Context(), 2)
			close(warm)
		}()
		f.Invoke(t.Context(), do("echo"))
		r.Close(t.Context())
		<-warm
	}
}

func TestInitialisationThatTakesTooLongIsATimeout(t *testing.T) {
	r := newRig(t, runtime.Options{InitTimeout: 20 * time.Millisecond})
	f := r.function("Function", mode("init hangs"), func(s *runtime.Spec) { s.Timeout = 10 * time.Millisecond })
	_, err := f.Invoke(t.Context(), do("echo"))
	var failure *runtime.FunctionError
	if !errors.As(err, &failure) || !strings.HasSuffix(failure.Message, "Task timed out after 0.01 seconds") {
		t.Error(err)
	}
}

func TestAllThatWaitFailWithAFunctionThatNeverComesUp(t *testing.T) {
	r := newRig(t, runtime.Options{InitTimeout: 200 * time.Millisecond})
	f := r.function("Function", mode("init hangs"), func(s *runtime.Spec) { s.Timeout = 10 * time.Millisecond })
	const n = 50
	failures := r.meetAll(f, n)
	for range n {
		if got := <-failures; !strings.HasSuffix(got, "Task timed out after 0.01 seconds") {
			t.Fatalf("got %q", got)
		}
	}
	if started := len(r.meet.arrived); started > n {
		t.Errorf("%d starts", started)
	}
}

func TestWarmInstancesAreNotCold(t *testing.T) {
	r := newRig(t, runtime.Options{Instances: 2})
	f := r.function("Function")
	if err := f.Warm(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	answers := r.meetAll(f, 2)
	r.meet.told(t, 2)
	r.meet.release()
	<-answers
	<-answers
	if strings.Contains(r.log.String(), `"cold":true`) {
		t.Errorf("cold: %s", &r.log)
	}
	if err := f.Warm(t.Context(), 2); err != nil { // nothing to do
		t.Error(err)
	}
	var refusal *runtime.Refusal
	if err := f.Warm(t.Context(), 3); !errors.As(err, &refusal) {
		t.Errorf("more than there may be: %v", err)
	}
}

func TestWarmSaysWhyItCannot(t *testing.T) {
	r := newRig(t, runtime.Options{})
	if err := r.function("Function", mode("init exits")).Warm(t.Context(), 1); err == nil || !strings.HasSuffix(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestAnInstanceThatRestsForTooLongIsEnded(t *testing.T) {
	r := newRig(t, runtime.Options{Idle: 20 * time.Millisecond})
	must(t, r.function("Function"), do("stay"))
	r.meet.told(t, 1)
	r.meet.ended(t, 1)
}

func TestCloseEndsWhatRuns(t *testing.T) {
	r := newRig(t, runtime.Options{Grace: 10 * time.Millisecond})
	must(t, r.function("Idle"), do("stay"))
	must(t, r.function("Stubborn", mode("stubborn")), do("stay"))
	must(t, r.function("Parent"), do("child"))
	f := r.function("Busy")
	var wait sync.WaitGroup
	wait.Go(func() {
		var failure *runtime.FunctionError
		if _, err := f.Invoke(t.Context(), do("hang")); !errors.As(err, &failure) || failure.Kind != runtime.Exited {
			t.Errorf("got %v", err)
		}
	})
	r.meet.told(t, 4)
	r.Close(t.Context())
	wait.Wait()
	r.meet.ended(t, 4)
	if _, err := f.Invoke(t.Context(), do("echo")); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := f.Start(t.Context(), do("echo")); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCloseInAHurryWaitsForNoGrace(t *testing.T) {
	r := newRig(t, runtime.Options{Grace: time.Hour})
	must(t, r.function("Stubborn", mode("stubborn")), do("stay"))
	r.meet.told(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx)
	r.meet.ended(t, 1)
}
