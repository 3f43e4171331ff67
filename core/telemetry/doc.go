// Package telemetry is what the platform remembers of a message or a
// connection: the attributes of the manifest in core/privacy and no other, for
// as long as the application's plan says; and what they come to, which reports
// ask for.
//
// # Digests
//
// What events come to is a Digest. Some of it adds up: Sums, refusals by code,
// connections by country. Of how many were open at once it knows the most, and
// the latest. The rest is small whatever happens, and says how wrong it may be:
// how many different clients there were is estimated (Distinct), within
// DistinctError as a rule and exactly up to a few hundred; of topics it knows
// those with the most messages (Top), short of a number that it states, which
// is 0 for up to MaxTopics of them; how long messages took (Histogram) is an
// eighth too long at most. Digests merge: in whatever order and grouping parts
// of the events are counted, the same comes of it, byte by byte in the form in
// which stores keep it; but for topics that are more than MaxTopics, of which
// different summaries within the same bound are possible.
//
// # Rollups
//
// A store may spread an application's events over parts, and keep beside them
// what they came to: a Rollup for each minute, hour and day in which there were
// any. Rollups are derived from events and nothing else, by Roll, which is told
// of events that were written; and SumPart makes reports of them.
//
// Roll counts no event that it is told of. It takes the news as a sign that
// earlier minutes of the part are complete: those that ended Settle before the
// newest of the news was written. It reads the events behind the last minute
// that has a rollup, and keeps one minute after the other. An hour is kept when
// a minute of a later one is about to be, as the sum of its minutes, and a day
// as the sum of its hours. So each event is read once, and each rollup written
// once, however the news arrive; where there is a minute, all hours and days
// that ended before it are there; and of every call that dies, wherever, the
// next one is the continuation. News that never arrive are no loss: the next
// ones, a month later perhaps, bring what they would have brought.
//
// An event that is written later than Settle is told from others by its news
// alone. Its minute, if that has been closed, and what that is a part of, are
// then counted again, from the events. Of two rollups of one time the one that
// ends later is kept, and of those that end together the one that counts more
// events: events are added and never changed, so it knows more, whichever was
// written last. The one that ends later, however few it counts, has an event
// that the other has not; what it lacks has ended. But for one that a new plan
// has stamped anew, which ends when its time has ended: so what is counted again
// ends no earlier than what is there.
//
// SumPart trusts rollups up to the last minute, and reads events behind it. So
// a report is never behind, even if Roll has not been called for days: it is
// slower then. Only an event later than Settle can be missing from one, for as
// long as its news are on their way; for good, if they never arrive.
//
// A rollup ends with the last of its events. Once the first of them has ended,
// it is not read any more, but what it was made of: nobody reads more, by way
// of a sum, than what the plan still lets him read.
//
// When a plan changes, Lifetime gives events other ends, and then rollups: they
// stay where they are. Nobody may remove a part's rollups and let them come
// again. Roll, with a minute already counted, would put that behind all those
// that are gone, and what ends with a minute is taken for complete. A rollup
// that has lost an event stays one that is read in pieces, however long the
// others last.
//
// What it costs on DynamoDB is said in package dynamo.
//
// # Reports
//
// Reports makes of figures what people ask for: steps of the clock on the wall in
// any zone, or groups of people, which are told for whole days only. See Query,
// and groups.go for why nobody is singled out. It takes for granted that the
// events of a day are all written Settle after its end: one that is later, which
// takes a failure, changes what is told of its day.
package telemetry
