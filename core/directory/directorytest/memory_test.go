package directorytest_test

import (
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/fault/faulttest"
)

func TestTheModelKeepsTheContract(t *testing.T) {
	directorytest.Test(t, func(_ *testing.T, now func() time.Time) directory.Directory {
		return directorytest.NewMemory(now)
	})
}

func TestTheModelKeepsTheContractBehindFaultsThatDoNotCome(t *testing.T) {
	directorytest.Test(t, func(_ *testing.T, now func() time.Time) directory.Directory {
		return directorytest.WithFaults(directorytest.NewMemory(now), new(faulttest.Faults))
	})
}
