// Package runtime runs AWS Lambda functions on one machine: compiled
// bootstraps, and Node and Python handlers, over the Lambda Runtime API, behind
// the Lambda Invoke API.
//
// # What it promises
//
//   - A function sees the Runtime API, the environment and the deadlines that
//     it sees on Lambda, and its callers see Lambda's answers, statuses and
//     error shapes, key by key. Golden files pin them.
//   - An instance handles one event at a time. The instance that was idle for
//     the shortest time is used again; where none is idle another starts. One
//     that exceeds its timeout is killed, one that crashed is replaced.
//   - What a function throws away is not missed: an event that was accepted
//     asynchronously is tried up to three times, in memory, and is lost when the
//     process ends. Nothing is ever written anywhere.
//   - No function outlives the host. Close waits for all of them and for what
//     they started.
//   - The log has one line for each invocation: function, request, status,
//     milliseconds, cold or not. No event, answer, or text of an error.
//
// # How a new event finds an instance
//
// It takes an idle one, or waits in line: for one that comes free, or for one
// that starts because of it, whichever is first. Of each function at most as
// many start at once as there are processors: a burst is over sooner when the
// few that run already take it in turn. When the host has all the instances
// that it may have, an idle one of another function makes room; an event for
// which nothing comes free in Options.Patience is throttled.
//
// # What it does not do
//
//   - An idle instance is not frozen: what it does in the background goes on.
//   - Memory and disk are not limited, and the file system is the machine's;
//     functions are started as the user who started the host. This is no
//     sandbox for code that is not trusted.
//   - Handlers get no AWS SDK with their runtime: what they import must be
//     beside them, or installed on the machine.
//   - No layers, extensions, response streaming, log tails, destinations or
//     dead-letter queues; every qualifier means the one version that there is.
//   - Requests are not checked for signatures: anybody who reaches the handler
//     may invoke.
//   - The answer of an invocation is passed on when the function asks for the
//     next event, not before.
//   - On Linux the kernel ends the functions of a host that was killed, but not
//     what they started; elsewhere they end when they ask for the next event.
package runtime
