package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"tacet/core/fault"
)

func TestAnUnknownErrorTellsStrangersNothing(t *testing.T) {
	secret := errors.New("dial tcp 203.0.113.9: refused")
	for name, err := range map[string]error{
		"plain error":           secret,
		"internal with a cause": &fault.Error{Text: "table realtime is gone", Cause: secret},
	} {
		t.Run(name, func(t *testing.T) {
			public := fault.Public(err)
			if public.Kind != fault.Internal || public.Cause != nil || strings.Contains(public.Error(), "203.0.113.9") ||
				strings.Contains(public.Text, "realtime") {
				t.Errorf("Public(%v) = %#v, which tells a stranger too much", err, public)
			}
		})
	}
}

func TestAFaultIsFoundThroughWrapping(t *testing.T) {
	want := &fault.Error{Kind: fault.TooMany, Code: 4301, Text: "slow down"}
	if got := fault.Public(fmt.Errorf("publish: %w", want)); got != want {
		t.Errorf("Public = %#v, want %#v", got, want)
	}
	if got := fault.KindOf(fmt.Errorf("publish: %w", want)); got != fault.TooMany {
		t.Errorf("KindOf = %v, want %v", got, fault.TooMany)
	}
}

func TestNoErrorIsNoFault(t *testing.T) {
	if got := fault.Public(nil); got != nil {
		t.Errorf("Public(nil) = %#v", got)
	}
}

func TestTheCauseStaysReachableForUs(t *testing.T) {
	cause := errors.New("cause")
	err := &fault.Error{Kind: fault.Unavailable, Text: "try again", Cause: cause}
	if !errors.Is(err, cause) || err.Error() != "try again: cause" {
		t.Errorf("%v does not lead to its cause", err)
	}
}

func TestEachKindHasAName(t *testing.T) {
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if k.String() == "unknown kind" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := fault.Kind(200).String(); got != "unknown kind" {
		t.Errorf("Kind(200) = %q", got)
	}
}
