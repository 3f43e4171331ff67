//go:build !linux

package load

import (
	"time"

	"tacet/infra/load/swarm"
)

// Nothing is measured where no swarm can be had.
func processCPU(int) time.Duration { return 0 }
func ownCPU() time.Duration        { return 0 }
func machineCPU() time.Duration    { return 0 }

func processMemory(int) (int64, error) { return 0, swarm.ErrPlatform }
