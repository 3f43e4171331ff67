// Package watch is how somebody who runs the platform on one machine sees how it
// is doing: figures for Prometheus, and a page for people, which programs may
// have as JSON.
//
// It promises that neither names an application, an account, a connection, a
// topic, a subject or an address: what has a label has one out of a list that
// was closed before the first client came.
//
// It promises, too, that nobody gets to see them but a program on the machine
// itself, or whoever has a session of the operator's; and that a page of another
// site cannot read them through the operator's browser. On a listener of its own
// everybody who reaches it sees all.
//
// Looking is cheap: what has to be searched for is looked up once a minute, by
// whoever runs Watch.Run, and a scrape reads what was found.
package watch
