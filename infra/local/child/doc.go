// Package child runs servers of other people's making as child processes, for
// tests: what is imitated there was not imitated by us.
//
// A server prints its URL as the first line that it writes, and ends when its
// input does; so it ends with whoever started it, however that ends. Each lies
// in a folder of .tools with a script that starts it and one, install, that
// fetches what it needs into .build.
package child
