package runtime

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Limits of Lambda, in bytes:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxRequest  = 6 << 20
	maxEvent    = 1 << 20   // of an asynchronous invocation
	maxResponse = 6_291_556 // as the message about a larger one has it
)

// Kind is how a function failed.
type Kind int

// The ways to fail. Only a Returned failure has words of the function's own.
const (
	Returned  Kind = iota // it said so
	TimedOut              // it took too long, and was killed
	Exited                // its process ended
	Oversized             // its answer was too large
	NotInited             // it could not be initialised
)

func (k Kind) String() string {
	return [...]string{"error", "timeout", "exit", "oversized", "init"}[k]
}

// FunctionError says that a function was invoked, and failed.
type FunctionError struct {
	Kind    Kind
	Type    string // errorType
	Message string // errorMessage
	Payload []byte // the whole, in JSON, as Lambda answers with it
}

// Error returns the message as it is: an authorizer says no with the text
// "Unauthorized".
func (e *FunctionError) Error() string { return e.Message }

// said makes a failure of what a function said.
func said(kind Kind, payload []byte) *FunctionError {
	var shape failureShape
	_ = json.Unmarshal(payload, &shape) // a function may say anything
	return &FunctionError{Kind: kind, Type: shape.ErrorType, Message: shape.ErrorMessage, Payload: payload}
}

// failureShape is how Lambda speaks of a failure. Runtimes add to it.
type failureShape struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

func failed(kind Kind, errorType, message string) *FunctionError {
	payload, _ := json.Marshal(failureShape{errorType, message})
	return &FunctionError{Kind: kind, Type: errorType, Message: message, Payload: payload}
}

// about is a failure that names the request.
func about(kind Kind, id, errorType, message string) *FunctionError {
	return failed(kind, errorType, "RequestId: "+id+" Error: "+message)
}

func timedOut(id string, after time.Duration) *FunctionError {
	return about(TimedOut, id, "Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", after.Seconds()))
}

// exited is the failure of a process that ended; state is empty if it ended as
// if all were well.
func exited(id, state string) *FunctionError {
	if state == "" {
		return about(Exited, id, "Runtime.ExitError", "Runtime exited without providing a reason")
	}
	return about(Exited, id, "Runtime.ExitError", "Runtime exited with error: "+state)
}

func oversized() *FunctionError {
	return failed(Oversized, "Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse))
}

// initFailure is why an instance did not come to ask for its first event. It
// becomes the failure of the event that waits for it.
type initFailure struct {
	said  []byte        // by the function; nil if it said nothing
	after time.Duration // not zero: it took too long
	state string        // how its process ended
	start error         // it could not even be started
}

func (f *initFailure) about(id string) *FunctionError {
	switch {
	case f.start != nil:
		return about(NotInited, id, "Runtime.InvalidEntrypoint", f.start.Error())
	case f.said != nil:
		return said(NotInited, f.said)
	case f.after != 0:
		return timedOut(id, f.after)
	}
	return exited(id, f.state)
}

func (f *initFailure) Error() string { return f.about("none").Message }

// Refusal says that a function was not invoked.
type Refusal struct {
	Status  int    // of HTTP
	Code    string // "TooManyRequestsException"
	Reason  string // of throttling
	Message string
}

// Error says which function is missing, or why too much was asked for.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// Reasons of throttling.
const (
	reasonReserved    = "ReservedFunctionConcurrentInvocationLimitExceeded"
	reasonConcurrency = "ConcurrentInvocationLimitExceeded"
)

func throttled(reason string) *Refusal {
	return &Refusal{http.StatusTooManyRequests, "TooManyRequestsException", reason, "Rate Exceeded."}
}

// tooLarge is named as Lambda names it, which its API reference calls a
// RequestTooLargeException.
func tooLarge(n int64, invocationType string, limit int) *Refusal {
	return &Refusal{
		http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "",
		fmt.Sprintf("%d byte payload is too large for the %s invocation type (limit %d bytes)", n, invocationType, limit),
	}
}

func notFound(arn string) *Refusal {
	return &Refusal{http.StatusNotFound, "ResourceNotFoundException", "", "Function not found: " + arn}
}

func invalid(code, message string) *Refusal {
	return &Refusal{http.StatusBadRequest, code, "", message}
}
