// Package metrics counts what happens on the whole platform.
//
// It promises that counting costs a few atomic additions and no lock, so that
// the hot path can afford it; and that nothing is counted by anything that a
// client chooses: every table has one dimension that is closed, verbs, numbers
// of the catalogue, patterns of routes, so that no id, topic, subject or address
// can become the name of a figure, and there are never more figures than were
// thought of.
//
// Counts is what was counted since the start. On AWS, EMF writes what was
// counted in one invocation as one line of the log, of which CloudWatch makes
// metrics. Other ways of showing figures, with their libraries, are elsewhere:
// this room is linked into functions.
package metrics
