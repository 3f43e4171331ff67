// Package config is the manual: every setting of a host and of the functions is
// a field here, with its environment variable, its default, what it does, and
// for hosts its flag.
//
// Settings are read once, at the start, and checked here as far as they can be
// without touching the world: that a file exists or a port is free is found
// out by whoever opens it. Nothing else that is deployed reads the environment.
//
// The struct tags of hosts are those of the command line parser, which this
// package does not import: a host in the cloud needs none.
package config
