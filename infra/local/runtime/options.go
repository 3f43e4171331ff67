package runtime

import (
	"io"
	"log/slog"
	"math/rand/v2"
	goruntime "runtime"
	"time"
)

// What Lambda has, and what zero values mean.
const (
	DefaultTimeout     = 3 * time.Second
	DefaultMemory      = 128
	DefaultInitTimeout = 10 * time.Second
	defaultInstances   = 128
	defaultIdle        = 10 * time.Minute
	defaultPatience    = 5 * time.Second
	defaultGrace       = 2 * time.Second
	defaultBacklog     = 10_000
)

// Spec describes a function.
type Spec struct {
	Name    string   // how it is invoked; a template's logical id
	Aliases []string // other names for it, such as a template's FunctionName
	Dir     string   // where its code is: the folder that would be zipped
	Handler string
	Runtime string // "provided.al2023", "nodejs24.x", "python3.14"
	// Env are its own variables. They win over Options.Env and over what Lambda
	// sets, but for what the Runtime API needs and what names the function.
	Env     map[string]string
	Timeout time.Duration // zero: 3 seconds
	Memory  int           // megabytes, told to the function and not enforced; zero: 128
	// Concurrency is how many events it handles at once, which Lambda calls
	// reserved. Zero: as many as the host has room for. Negative: none, as
	// reserved concurrency 0 has it; every invocation is throttled.
	Concurrency int
}

// Options describe a host. All may be zero.
type Options struct {
	Region    string // "us-east-1" if empty
	AccountID string // "000000000000" if empty
	// Env are variables of every function: endpoints, credentials. Credentials
	// are always set, because SDKs look elsewhere for missing ones, and wait.
	Env map[string]string

	Instances   int           // how many there may be of all functions together; 0: 128
	Idle        time.Duration // after which an unused instance is ended; 0: 10 minutes
	InitTimeout time.Duration // 0: 10 seconds
	Patience    time.Duration // how long an event waits while the host is full; 0: 5 seconds
	Grace       time.Duration // between SIGTERM and SIGKILL; 0: 2 seconds

	// Backlog is how many asynchronous events wait or are being handled at most,
	// of all functions together; more are throttled. 0: 10,000.
	Backlog int
	// RetryAfter says how long to wait before trying an asynchronous event
	// again, for the nth time. Nil is Lambda: one minute and two after a
	// failure; after throttling one second, doubled up to five minutes.
	RetryAfter func(n int, throttled bool) time.Duration

	// Hostile makes the host behave badly. The zero value does not.
	Hostile Hostile

	// Output gets what functions write to standard output and error, the
	// function's name in front: a line with each Write, which is called by one
	// goroutine at a time. Nil drops it.
	Output io.Writer
	Log    *slog.Logger // nil: no log
}

// Hostile are the faults of a host that has a bad day. Chances are between 0
// and 1.
type Hostile struct {
	// Crash is the chance that the instance dies of an event: in half of the
	// cases before the function has seen it, else after it was done with it.
	Crash float64
	// Timeout is the chance that an event that was handled counts as one that
	// was not handled in time.
	Timeout float64
	// Throttle is the chance that an event is refused.
	Throttle float64
	// Twice is the chance that an asynchronous event that succeeded is handled
	// once more.
	Twice float64
	// Random returns numbers in [0,1); it may be called from several goroutines.
	// Nil: at random.
	Random func() float64
}

// happens reports whether a fault of a given chance happens now.
func (h *Hostile) happens(chance float64) bool { return chance > 0 && h.Random() < chance }

func (o Options) withDefaults() Options {
	preset(&o.Region, "us-east-1")
	preset(&o.AccountID, "000000000000")
	preset(&o.Instances, defaultInstances)
	preset(&o.Idle, defaultIdle)
	preset(&o.InitTimeout, DefaultInitTimeout)
	preset(&o.Patience, defaultPatience)
	preset(&o.Grace, defaultGrace)
	preset(&o.Backlog, defaultBacklog)
	if o.RetryAfter == nil {
		o.RetryAfter = retryAfter
	}
	if o.Hostile.Random == nil {
		o.Hostile.Random = rand.Float64
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// preset gives an option that is not set its default.
func preset[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// startsAtOnce is how many instances of a function start at the same time.
func startsAtOnce() int { return max(2, goruntime.GOMAXPROCS(0)) }
