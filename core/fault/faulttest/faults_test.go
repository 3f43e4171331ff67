package faulttest_test

import (
	"errors"
	"slices"
	"testing"

	"tacet/core/fault/faulttest"
)

// three makes three calls and returns how they went, and which had an effect.
func three(f *faulttest.Faults) (failed, done []int) {
	for i := 1; i <= 3; i++ {
		err := f.Do("call", nil, func() error { done = append(done, i); return nil })
		if errors.Is(err, faulttest.ErrInjected) {
			failed = append(failed, i)
		}
	}
	return failed, done
}

func TestTheCallThatWasMeantFails(t *testing.T) {
	for _, c := range []struct {
		name         string
		set          func(*faulttest.Faults)
		failed, done []int
	}{
		{"none", func(f *faulttest.Faults) { f.Fail(0, faulttest.NotApplied) }, nil, []int{1, 2, 3}},
		{"without effect", func(f *faulttest.Faults) { f.Fail(2, faulttest.NotApplied) }, []int{2}, []int{1, 3}},
		{"with effect", func(f *faulttest.Faults) { f.Fail(2, faulttest.AppliedButFailed) }, []int{2}, []int{1, 2, 3}},
		{"death without effect", func(f *faulttest.Faults) { f.Crash(2, faulttest.NotApplied) }, []int{2, 3}, []int{1}},
		{"death after the effect", func(f *faulttest.Faults) { f.Crash(2, faulttest.AppliedButFailed) }, []int{2, 3}, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := new(faulttest.Faults)
			three(f)
			c.set(f)
			failed, done := three(f)
			if !slices.Equal(failed, c.failed) || !slices.Equal(done, c.done) {
				t.Errorf("failed %v, done %v", failed, done)
			}
			if calls := f.Stop(); len(calls) != 3 {
				t.Errorf("counted %q", calls)
			}
			if failed, _ := three(f); failed != nil {
				t.Errorf("after Stop %v failed", failed)
			}
		})
	}
}

func TestAHookComesBeforeEachCallAndIsNotCounted(t *testing.T) {
	f := new(faulttest.Faults)
	f.Fail(0, faulttest.NotApplied)
	var seen []int
	f.Hook(func(n int, call string) {
		seen = append(seen, n)
		_ = f.Do("mine", nil, func() error { return nil })
	})
	three(f)
	if !slices.Equal(seen, []int{1, 2, 3}) || !slices.Equal(f.Stop(), []string{"call", "call", "call"}) {
		t.Errorf("saw %v, counted %q", seen, f.Calls())
	}
}
