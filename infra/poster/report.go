package poster

// Report says in numbers how a post went.
type Report struct {
	Delivered, Gone, Failed int
	// Causes counts what went wrong, by attempt: what was tried again with
	// success is here, and not in Failed.
	Causes map[Cause]int
}

// Cause is why an attempt failed: one of those below, or "status 403".
type Cause string

// What can go wrong before there is a status.
const (
	CauseEndpoint   Cause = "bad endpoint"      // the options are wrong
	CauseConnection Cause = "no connection"     // nobody answers there
	CauseUnsent     Cause = "not sent"          // the connection broke before the request was out
	CauseUnanswered Cause = "no answer"         // it broke after that
	CauseTimeout    Cause = "no answer in time" // nothing came after that
	CauseGarbled    Cause = "no answer in HTTP" // something else came
	CauseTime       Cause = "no time to try"    // the context was at its end
)
