// Package directorytest holds what directory.Directory is tested with. Test is
// its contract as a suite, which every store passes, and the model too. Memory
// is the model: correct by being simple, and strict with its callers.
// WithFaults makes calls of any of them fail.
//
// It promises that a store that passes keeps every sentence of the port that
// can be observed from outside. It cannot show that something survives a crash,
// or that expired records are reclaimed: the stores' own tests do.
package directorytest
