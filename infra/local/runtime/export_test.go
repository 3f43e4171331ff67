package runtime

// Doors for the tests.
var (
	RetryAfter = retryAfter
	Foreign    = foreign
)

const MaxLine = maxLine
