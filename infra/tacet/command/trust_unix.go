//go:build !windows

package command

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedAlone reports whether a file belongs to this user and grants none of the
// permissions to others.
func ownedAlone(info fs.FileInfo, others fs.FileMode) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode()&others == 0
}
