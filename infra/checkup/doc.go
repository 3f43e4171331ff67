// Package checkup looks whether a machine is fit to run a platform, and whether
// a platform that runs is well.
//
// It promises that it changes nothing but what it removes again, that every
// finding which is not good says what to do about it, and that it shows nothing
// of what is in a file. It is bounded in time, and asks only the address that it
// was given.
package checkup
