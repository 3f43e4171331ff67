package checkup

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// freeMemory returns how many bytes a process can still get.
func freeMemory() (uint64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes uint64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10, nil
		}
	}
	return 0, errors.ErrUnsupported
}

// swapping returns where memory is swapped to, "" for nowhere.
func swapping() (string, error) {
	text, err := os.ReadFile("/proc/swaps")
	if err != nil {
		return "", err
	}
	var names []string
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if fields := strings.Fields(line); i > 0 && len(fields) > 0 {
			names = append(names, fields[0])
		}
	}
	return strings.Join(names, ", "), nil
}
