// Package embedded holds the stores of the standalone host: Memory for what
// dies with the sockets, Disk for what outlives the process.
package embedded
