//go:build linux || darwin || freebsd

package embedded

import "syscall"

// freeSpace returns how many bytes can still be written to the folder.
func freeSpace(folder string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
