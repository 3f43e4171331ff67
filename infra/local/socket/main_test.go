package socket_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A server that was shut down leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
