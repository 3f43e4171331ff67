package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processCPU is the user and system time of all threads of a process, past ones included; 0 when it is gone. The clock
// (clock_getcpuclockid(3)) tells the sum of utime and stime of /proc/PID/stat in nanoseconds, where that has only
// hundredths of a second: a whole burst takes ten of them.
func processCPU(pid int) time.Duration {
	const scheduler = 2 // CPUCLOCK_SCHED
	var now unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

// ownCPU is that of this process.
func ownCPU() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

// processMemory is the resident memory of a process, in bytes. What proc_pid_statm(5) has is an approximation; the
// rollup is counted.
func processMemory(pid int) (int64, error) {
	rollup, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return 0, fmt.Errorf("reading the server's memory: %w", err)
	}
	for line := range bytes.Lines(rollup) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "Rss:" {
			kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("reading the server's memory: no Rss for process %d", pid)
}

// machineCPU is what all processes took, and what other machines on the same hardware stole; interrupts are left out,
// for the loopback's are counted with the process that sends.
func machineCPU() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(first) // cpu user nice system idle iowait irq softirq steal guest guest_nice
	var ticks int64
	for _, i := range []int{1, 2, 3, 8} {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			ticks += n
		}
	}
	const perSecond = 100 // USER_HZ, on every architecture that Go supports
	return time.Duration(ticks) * time.Second / perSecond
}
