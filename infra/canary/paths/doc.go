// Package paths sends markers through a platform that runs, on every path by
// which somebody can reach it: WebSockets, the HTTP API, the API of accounts,
// and what is no protocol at all; welcome and refused, too large, cut off, too
// often, too late.
//
// It promises that a path counts as taken only if the platform has answered as
// it does on that path: who was to hear a message has heard it, who was to be
// refused was refused. So a search that finds nothing afterwards says something.
//
// It talks to the platform as strangers do, and knows nothing of what is behind
// its address. It asks for no more than the platform lets anybody do.
package paths
