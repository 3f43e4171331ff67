// Package platform puts functions together: ports and the adapters behind them,
// from the settings that package config documents.
//
// It promises that each function has the adapters that its verbs call, and no
// other: not even their clients are made. What is not there answers with an
// error and a line in the log (see elsewhere); a test sends every verb through
// every function, so a missing part is found there. Everything is made before
// the first event, once for each process, and nothing connects before it is
// used.
//
// It is the only room that knows all adapters. It decides nothing: what happens
// is core's, what an event means is entry's.
package platform
