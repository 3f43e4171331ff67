// Package pubsubtest holds what the ports of core/pubsub are tested with.
//
// Memory is a plain model of all of them: correct by being simple, and strict
// with its callers. The Test functions are the contracts as suites; every
// store passes them, the model too. Faults makes the calls of any port fail,
// either without effect or after it, and TestService runs every verb of
// pubsub.Service with each of its calls failing in both ways, holding the
// invariants of Check against what is left.
//
// It promises that a store that passes keeps every sentence of the ports'
// comments that can be observed from outside. It does not measure, and it
// cannot show that something survives a crash: the stores' own tests do.
package pubsubtest
