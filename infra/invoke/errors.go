package invoke

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// FunctionError says that a function ran and failed.
type FunctionError struct {
	Function string
	// Kind is what Lambda calls it: "Unhandled", or "Handled".
	Kind string
	// Type is Lambda's name for how the function ended, such as
	// "Sandbox.Timedout" or "Runtime.ExitError". It is "" when the function
	// chose a name itself, for that may say anything.
	Type string
}

// Error says so.
func (e *FunctionError) Error() string {
	text := "invoke " + e.Function + ": the function failed: " + e.Kind
	if e.Type != "" {
		text += ", " + e.Type
	}
	return text
}

// Error says that Lambda did not run a function, or does not say whether it did.
type Error struct {
	Function string
	Status   int    // 0: Lambda could not be reached
	Code     string // "TooManyRequestsException"; "" if Lambda did not say
	Cause    error  // why it could not be reached
}

// Error says so.
func (e *Error) Error() string {
	text := "invoke " + e.Function + ":"
	if e.Status != 0 {
		text += " " + strconv.Itoa(e.Status)
	}
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Cause != nil {
		text += " " + e.Cause.Error()
	}
	return text
}

// Unwrap returns why Lambda could not be reached.
func (e *Error) Unwrap() error { return e.Cause }

// NotStarted reports whether the function has certainly not run. (A status of
// 500 does not say.)
func (e *Error) NotStarted() bool { return e.Status < 500 || slices.Contains(settingUp, e.Code) }

// passing reports whether the next attempt may succeed.
func (e *Error) passing() bool {
	return e.Status == 0 || e.Status == http.StatusTooManyRequests || e.Status >= 500 || slices.Contains(settingUp, e.Code)
}

// settingUp is what Lambda answers when it could not make a place for the
// function to run in.
var settingUp = []string{
	"EC2ThrottledException", "EC2UnexpectedException", "EFSMountConnectivityException", "ENILimitReachedException",
	"ResourceConflictException", "ResourceNotReadyException", "SnapStartNotReadyException", "SubnetIPAddressLimitReachedException",
}

// mayCallAgain reports whether a call that failed has certainly not run the
// function, and might next time.
func mayCallAgain(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.NotStarted() && e.passing()
}

// mayStartAgain reports whether another attempt may succeed.
func mayStartAgain(err error) bool {
	var e *Error
	return !errors.As(err, &e) || e.passing()
}

// unanswered is what became of a request that has no answer.
func unanswered(function string, err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		err = with.Err // the URL says no more than the function's name
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return &Error{Function: function, Cause: err}
	}
	return fmt.Errorf("invoke %s: %w", function, err)
}

// errorType returns what Lambda calls its refusal.
func errorType(h http.Header) string {
	name, _, _ := strings.Cut(h.Get("X-Amzn-Errortype"), ":")
	return word(name)
}

// ownType returns the type of a failed function's answer if it is Lambda's own.
func ownType(answer []byte) string {
	var failure struct {
		Type string `json:"errorType"`
	}
	if json.Unmarshal(answer, &failure) != nil {
		return ""
	}
	for _, prefix := range []string{"Runtime.", "Sandbox.", "Function.", "Extension."} {
		if strings.HasPrefix(failure.Type, prefix) {
			return word(failure.Type)
		}
	}
	return ""
}

// word returns s if it is a short name, else "".
func word(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.'
	}) {
		return ""
	}
	return s
}
