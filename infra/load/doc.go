// Package load measures how fast a server brings one publication to many subscribers, and what that costs it.
//
// A plan names targets: servers to start and stop, or an endpoint that runs already. Rounds go over the targets in
// turn, each time in another order, so that what disturbs the machine disturbs them all; a report gives the median of
// the rounds and the ratios of the first target to the others. Ratios within one report mean something on a shared
// machine; absolute figures move with the machine.
//
// What is measured:
//
//   - the time from sending a message to its receipt by the last of n subscribers, one message at a time;
//   - deliveries per second when messages are sent as fast as the server takes them, and how many were lost;
//   - the server's CPU time per delivery, in both cases, and the generator's own in the burst;
//   - the server's resident memory per idle connection that is subscribed to two topics;
//   - connections per second, up to the confirmation of a first subscription.
//
// The generator runs on the same machine as the servers that it starts, and takes part of it. The report says what it
// took, and what processes took that belong to neither. It promises no figures: tests look at counts, never at times.
package load
