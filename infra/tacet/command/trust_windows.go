package command

import "io/fs"

// ownedAlone reports true: there are no modes to tell by.
func ownedAlone(fs.FileInfo, fs.FileMode) bool { return true }
