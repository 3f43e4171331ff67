// Package privacytest holds types against the manifest of package privacy: what
// a type can hold that is stored, its class has to list, and what a class lists
// has to be in a type.
//
// A test beside each type that is stored calls Class. It promises to find any
// field, at any depth, that the manifest lacks, and any type that could hold
// anything. It cannot know of a type that nobody tells it of: that all classes
// are asked about is a test in folder infra, and what lies in the stores in the
// end is looked at where whole platforms run.
package privacytest
