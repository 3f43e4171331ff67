package checkup

import (
	"errors"

	"golang.org/x/sys/windows"
)

// openFiles returns an error: there is no limit that could be asked for.
func openFiles() (soft, hard uint64, err error) { return 0, 0, errors.ErrUnsupported }

// freeSpace returns how many bytes this user may still write.
func freeSpace(folder string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}
