// Package doctor finds out whether a platform keeps what it promises not to
// keep: it runs one, sends markers through it on every path (package paths), has
// it end in every way in which a process ends, and looks for the markers in all
// that is left (package atrest).
//
// It promises that it says what was sent, what was searched and what was found,
// and that nothing is found means that something was looked for: what has to be
// there (a profile, sealed) must be found, or the examination has failed. It
// leaves nothing behind, unless something was found that has to be looked at.
//
// It is bounded: no step waits without end, and a context ends everything.
package doctor
