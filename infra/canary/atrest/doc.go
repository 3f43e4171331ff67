// Package atrest opens what a platform keeps, so that package canary can look
// for markers in it: the stores of a data folder, decrypted entry by entry and
// in every version that is still there, with what is sealed in them opened;
// tables of DynamoDB, item by item, and the records of their streams; what a
// process has in its memory.
//
// It promises that what it looks into stays as it is: a folder is copied, and
// the copy is opened. It needs the keys that lie in the folder, and shows them
// to nobody.
//
// What it opens can be told apart by the sort of the place: what was found where
// it lies encrypted at rest, and what was found where it lies as it is.
package atrest

// Sorts of places.
const (
	File      = "file in the data folder"
	Record    = "entry of Badger, decrypted"
	Sealed    = "sealed value, opened"
	Vault     = "record of the vault"
	Backup    = "backup: entry, decrypted"
	BackedUp  = "backup: sealed value, opened"
	Item      = "item of DynamoDB"
	OpenItem  = "sealed value of an item, opened"
	Stream    = "record of a stream"
	Memory    = "memory of the process"
	TableFile = "file of DynamoDB Local"
)
