// Package logging makes the loggers of the platform.
//
// It promises that a record holds what its caller named one by one, text,
// numbers, times and errors, and of everything else only the name of its type:
// a struct may hold a payload, a token or an address somewhere inside, and
// slog's handlers would print it, or call the MarshalJSON that is meant for a
// store. A type that has something to say in a log has a LogValue.
//
// It promises, too, that the ids of the request at hand, put into the context
// by With, stand in each record at the top level.
//
// It cannot help against a secret that was made a string before.
package logging
