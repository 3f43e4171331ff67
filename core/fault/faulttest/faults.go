// Package faulttest makes calls of ports fail: either without effect, or after
// it, or as if the process had died at that moment. What stands around which
// port is in the packages for tests of the ports.
//
// It counts calls in the order in which they are made, so it promises nothing
// to code that makes several at the same time.
package faulttest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// How a call fails.
type How uint8

// The two halves of every doubt.
const (
	NotApplied       How = iota // nothing happened
	AppliedButFailed            // it happened, and an error was returned
)

// String returns it in words.
func (h How) String() string {
	if h == NotApplied {
		return "failed, not applied"
	}
	return "failed, but applied"
}

// Ways are both.
var Ways = []How{NotApplied, AppliedButFailed}

// ErrInjected is what an injected failure returns. Its text must never reach a
// stranger.
var ErrInjected = errors.New("injected: the table is on fire")

// Faults counts calls and makes some of them fail. The zero value lets all of
// them through and counts. Safe for concurrent use.
type Faults struct {
	mu    sync.Mutex
	calls []string
	nth   int // which call fails, from 1; 0 for none
	how   How
	dead  bool // all calls after it fail too
	hook  func(n int, call string)
}

// Fail begins to count anew. The nth call, from 1, will fail; with 0 none does.
func (f *Faults) Fail(nth int, how How) { f.set(nth, how, false) }

// Crash begins to count anew. The nth call, from 1, will fail, and so will all
// that come after it without effect, until Stop: nobody can clean up after his
// own death.
func (f *Faults) Crash(nth int, how How) { f.set(nth, how, true) }

func (f *Faults) set(nth int, how How, dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.nth, f.how, f.dead = nil, nth, how, dead
}

// Hook lets f be called before each call, with its number from 1: to look at
// what lies there between two calls, or to be faster than the next one. Calls
// that f itself makes are let through, and not counted. Nil takes it away.
func (f *Faults) Hook(hook func(n int, call string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hook
}

// Stop lets every call through again, takes away a hook, and returns those
// calls that were counted.
func (f *Faults) Stop() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nth, f.hook = 0, nil
	return slices.Clone(f.calls)
}

// Calls returns the calls that were counted, as "Get o#1234#account".
func (f *Faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Do makes a call, which may fail. What it is for is said by about.
func (f *Faults) Do(name string, about fmt.Stringer, call func() error) error {
	if about != nil {
		name += " " + about.String()
	}
	f.mu.Lock()
	f.calls = append(f.calls, name)
	n, hook := len(f.calls), f.hook
	fails, how := f.nth > 0 && (n == f.nth || f.dead && n > f.nth), f.how
	if n != f.nth {
		how = NotApplied
	}
	f.hook = nil // what it calls is its own business
	f.mu.Unlock()
	if hook != nil {
		hook(n, name)
		f.mu.Lock()
		f.calls, f.hook = f.calls[:n], hook
		f.mu.Unlock()
	}
	switch {
	case !fails:
		return call()
	case how == AppliedButFailed:
		_ = call() // whatever it says is lost on the way back
	}
	return ErrInjected
}

// Result is Do for a call with a result, which a failed call does not have.
func Result[R any](f *Faults, name string, about fmt.Stringer, call func() (R, error)) (R, error) {
	var r R
	err := f.Do(name, about, func() (err error) { r, err = call(); return err })
	if err != nil {
		var none R
		return none, err
	}
	return r, nil
}
