// Package embedded holds the stores of the standalone host: Memory for what
// dies with the sockets, Disk for what outlives the process.
//
// # Memory
//
// Everything about a connection is found by one lookup of its id. An audience
// is a list of ids that is handed out as it is, not copied: adding appends
// behind what readers look at, and only a removal copies, once, if the list
// was handed out since the last copy. So reading costs the same for one
// subscriber and for a hundred thousand, and a storm of subscribers is not
// quadratic, whatever is published meanwhile.
//
// Measured on two busy cores of a virtual machine, where reading the clock
// takes 60 ns (go test -bench . -cpu 1): an idle connection with a subject, an
// anonymised address and two topics of its own takes 1.02 kB with 5,000 of
// them and 0.99 kB with 50,000, everything counted; less than 2 bytes of each
// stay when it has gone. Get takes 30 ns among 5,000 connections and the clock
// (0.2 µs among 100,000 in random order, which no cache holds), Take 32 ns, an
// audience of any size 25 ns and the clock, Due 61 ns when nothing is due among
// 50,000. Subscribing and then reading the audience takes 0.3 µs for each of
// 1,000 and 0.8 to 1.1 µs for each of 100,000 connections.
//
// # Disk
//
// A folder, taken by one process at a time, with
//
//	lock     held as long as the process lives
//	key      64 hex digits that the data is encrypted with, mode 0600
//	secrets  the secrets of days, mode 0600; see Secrets
//	vault    the data keys of accounts, mode 0600; see Vault
//	db       Badger: AES-256, the data keys in it encrypted with key
//
// Keys in Badger begin with a letter:
//
//	a application(16)                            an application of before there were accounts; see former.go
//	d kind(1) # id # name                        a record of the directory; see record.go
//	l e number(8)                                an entry of the ledger; see ledger.go for what leads to it
//	n application(16) minute(8) number(8)        there are events of that minute that its rollup may lack; see news.go
//	r application(16) span(1) hour(4) minute(1)  a rollup of a minute, an hour or a day (1, 2, 3) that begins then
//	t application(16) hour(4) time(8) number(8)  a block: events of that hour
//
// where hour, minute (but that of a rollup, which is of its hour) and second
// count from 1970, numbers are big-endian, and time is the second in which the
// events happened, with its highest bit set. In blocks of former versions it is
// the time of writing. Numbers count blocks. See block.go and rollup.go for what is in a block and a
// rollup. All events of one application and second that are committed together
// become one block, so a hundred thousand small events a second are a few dozen
// writes. A block lives, by Badger's own expiry, as long as the longest-lived of
// its events, a rollup as long as it says, and every read filters event by event.
// Reclaim gives space back.
//
// Rollups are made by Roll, which whoever opens the stores calls every minute; see
// package telemetry for what they are, and news.go for how none is missed. The
// first call makes those of a folder that has none.
//
// What was removed: Badger hides it at once and keeps its bytes, encrypted,
// until it compacts the table that holds them. Erase drops all telemetry of an
// application, rollups and all, and returns when the files hold nothing of it; once an hour
// Reclaim drops the parts of the directory that are empty. A record that was
// removed from a part in which others stay leaves the files whenever Badger
// compacts its table; what is personal in it is sealed. Files that are given up
// are unlinked, not overwritten: until the disk uses their blocks again, it
// holds what can be read with key.
//
// What survives: when Record with durable, or Put, has returned, the data is in
// a file that is mapped into memory, and so in the hands of the operating
// system. The end of the process, by kill -9 too, loses nothing of it. The loss
// of power, or a crash of the system, loses what the system had not written,
// by default up to half a minute; Options.SyncWrites makes every commit wait
// for the disk. What directory, vault and ledger have been told always waits
// for it. Events that nobody waits for are written within 50 ms; while the disk
// is behind by all that is held in memory, they get ErrBusy.
//
// What does not: the data without its key. Backup makes a copy while the stores
// are used, which only who has the key can read, and which holds neither the
// secrets of days nor, unless it is told to, the vault: a data key that is
// destroyed later is nowhere else. Restore puts it into a folder that has the
// key. Who copies files instead has to keep the key elsewhere, and leave secrets
// and vault out.
//
// The last 64 MB of a disk are not written to: what would write gets ErrFull.
// If somebody else fills them all the same, the system ends the process,
// because that is what writing to a mapped file then does.
//
// Measured as above, on a disk of the same machine: an event that nobody waits
// for takes 0.47 µs all told, one that somebody waits for 14 µs with one
// caller, 4.7 µs with 8 and 1.2 µs with 256 at a time; with SyncWrites 258, 65
// and 5 µs. Reading takes 0.11 µs for each event, and of the last three seconds
// of an hour with 720,000 of them, 600 events, 0.12 ms. Opening takes 11 to 30 ms
// and 2 MB of memory; while a million events are written as fast as they can
// be, the process takes 85 MB, and 35 MB after. While an application's telemetry
// is dropped, all others wait: 0.3 s for a hundred thousand events, 0.6 s for
// three million, on a disk that holds twice as many.
//
// A day of a million events, of 5,000 clients on 50 topics, takes 28 MB, and its
// rollups 8 MB. What it comes to takes 1.2 s to say without these and 0.08 ms with
// them, 6 ms hour by hour and 0.15 s minute by minute. The first call of Roll
// makes them in 1.6 s, and one that makes the last minute, hour and day of them in
// 5 ms. To look for the oldest of everything takes 0.2 ms for an application.
package embedded
