// Package site is what a platform on one machine has around it, whatever it is
// made of: a data folder with the development application in it, tokens and
// addresses by which people use it, a listener, and the door behind that.
//
// It promises that keys and tokens rest in files that only their owner reads,
// and that a file is replaced whole or not at all; that addresses lead here and
// stand in the certificate; that some of the process's files are kept from
// connections; and that neither a log line nor an error holds anything of what
// a stranger sent.
//
// In the data folder it keeps
//
//	node               the id under which this host records telemetry: random, no host name
//	development.json   the development application's id and signing keys, mode 0600
//	running.json       while the platform runs: its addresses, tokens, a session, process id, mode 0600
//	certificates/      certificates of Let's Encrypt, with --domain
//
// running.json and development.json are how the other commands find the
// platform and sign tokens. It does not keep two platforms from one folder: the
// stores have a lock for that, or the port.
package site
