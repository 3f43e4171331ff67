// Package dynamo holds the stores on DynamoDB: Realtime for connections and
// subscriptions, Rates, Telemetry, Secrets for the secrets of days, Directory for
// what belongs to accounts, and Ledger for administrative requests.
// Tables are split by class of data (see Tables); every partition key begins
// with a letter that says its kind, every item that expires has exp.
//
// # The life of a connection
//
// Connecting is one transaction of two items in the table realtime:
//
//	c#<id>               .                who it is: app, subject, grants, …; n and v are 0
//	m#<app>#<part>       <subject>\n<id>  that it is a member of the application
//
// part is one of four, by the subject: so the connections of a subject
// (priv/<subject>) are one query, those of an application (main) four. With a
// quota, what is there is then counted, and the connection taken back if that
// is too much. There are no counters: nothing must be repaired when a writer
// dies in the middle, which leaves what has an expiry. Quotas of a subject, and
// of applications up to 1,000 connections, are never exceeded, however many
// come at once; of several who race for the last place all may be turned away.
// For larger applications, what is there is counted every minute at most and
// every second at least, the more often the less room there is; they can exceed
// their quota by what connects in a second.
//
// Subscribing is one transaction of three:
//
//	c#<id>               .                n and v grow by one, if it is still there and n is below the limit
//	c#<id>               t#<topic>        what to delete when the connection goes
//	t#<app>#<bucket>#<shard>  <topic>\n<id>  that it is to hear the topic
//
// bucket is one of four, by the topic: it spreads an application's topics over
// partitions, and lets Occupied list them all with sixteen queries. shard is
// one of four, by the connection: it spreads one topic (topic.Name.Shard).
// Publishing reads one page of each shard at a time, all shards at once, and
// goes on with those that have more.
//
// A frame from it reads c#<id>; Renew updates it. If its token ends, the item
// has due and dead, and is in the index due (four parts, all applications
// together), which Due reads.
//
// Disconnecting queries c#<id>, deletes what hears, then what says so, and then
// in one transaction the connection and its membership, if v is what it was. A
// subscription that came meanwhile has changed v, and it begins anew; one that
// comes later finds no connection. Dying in the middle leaves a connection that
// can be removed again, and else expires.
//
// CountOpen counts the four partitions of members, when an event is to say how
// many are open. That is eventually consistent: half a read unit for each of them,
// and one for every 80 connections. What was counted is good for ten milliseconds
// for each connection, up to a minute: so while an application is small, a process
// reads two units for an event, and of one that is not 1.2 units a second, however
// many connect; 20 if it has 100,000, of which the number may be a minute old.
//
// # A message
//
// is one item in the table telemetry, whoever it was for:
//
//	e#<app>#<part>       <time>#<id>      the attributes of the event; what it has not is absent
//
// part is one of eight, at random: at any time an application's events go to
// eight partitions, a thousand a second to each. Reading a span of time reads
// all eight. What they come to, as package telemetry tells it, lies beside them:
//
//	r#<app>#<part>       m#<time>         a minute: sums, digest, n, whole (until when all of it is readable)
//	r#<app>#<part>       h#<time>         an hour
//	r#<app>#<part>       d#<time>         a day
//
// The table's stream says which items were written, and nothing of what is in
// them. A batch of it costs, for each part that it names, one query of the last
// minute and one of the events behind it, and a write when a minute is over;
// once an hour and once a day a query and a write more. An event is read once,
// with a dozen others in a read unit. Where a write unit costs five times a read
// unit, and events come
//
//	1 a minute          that is 1.6 times what writing the events costs
//	1,000 a minute      0.05 times, if they are on 256 topics
//	100,000 a minute    0.01 times
//
// if batches gather for a minute. The first is four cents a month for an
// application. Adding each event to a minute, an hour and a day, and marking it
// as added, would be four writes at least for each event of anybody, and a
// thousand a second would be the most that an application could have. Counting
// again, for each batch, the minutes that it is about would need no order, but
// read a busy minute as often as there are batches of it, in all its parts. A
// checkpoint in each sum, by the sequence numbers of the stream, would be one
// write for each part and batch and no read; but what the stream once loses, or
// delivers out of order, would be lost from every report, and nobody would know.
//
// What sums cannot say is in the attribute digest, in the form of telemetry.Digest:
// 45 bytes of one event, 3.4 kB of 125 on as many topics, 26 kB of 12,500 on 256 topics
// by as many who published, and 90 kB at most, with the longest names that there
// are; an item may have 400. So a rollup is one write unit as long as it is of a
// dozen topics, and up to 27 where the events of its minute were thousands.
//
// A report of 366 days is seven queries to a part, 56 in all, and about 200 read
// units as long as days are small, 1,500 at ten topics a day, and 10,000 with twice
// the queries at 256; of single events, at 1,000 a minute, it would be 30 million.
//
// Which applications have telemetry at all is listed beside it:
//
//	x#all                <app>            it has some; ends when all that was recorded that day has
//
// Who is told of every event lists them (Note), which is a query and a write for
// each process, application and day. Such news may be of what was erased since, so
// it looks whether there is something first.
//
// All of an application's telemetry goes, or gets other ends, by Erase and Restamp:
// events first, then rollups, the eight parts of each at the same time, page by
// page, and last that it is listed. A page is 500 items of each part, and a call ends with the first one after
// three seconds, so it never holds more than 4,000 keys. Deleting is a write unit
// for each item, in requests of 25; stamping one for each in a request of its own,
// four at a time of each part, which is what a partition takes. Events that have
// ended by their new end are deleted instead; those that have the right end already
// are only read. Rollups stay, and get other ends: see package telemetry for why
// nobody may remove them and let them come again. Neither brings back what somebody
// else has deleted. Who runs them needs Query, UpdateItem and BatchWriteItem on e#*,
// r#* and x#*. Of what the function rollup writes at that moment something may be left
// or keep its end, so they run once more when that is over.
//
// # Whether what was to end has
//
// Ages looks for the oldest item that can be read in every partition of a hundred
// applications, of all of them in turn, an hour after the other: 33 queries for
// each, eventually consistent, which are half a read unit each where the first item
// is one. That is 12,000 units a month for an application, or a tenth of a cent. What
// it is held against is the retention of the plan that the application has now,
// whatever its items are stamped with. Of a rollup, which is read as long as none of
// its events has ended, it is as if all had happened at the end of its time; so it is
// minutes that tell when an hour or a day has been forgotten.
//
// What has ended lies before what can be read, until DynamoDB reclaims it. Of a part
// that may be hundreds of thousands of events, so no more than four thousand are read
// on the way. If there are more, it is looked whether anything can be read that is
// an hour too old or more, among the thousand that are next to that, and else for
// what comes after. So what was not stamped anew when the plan became smaller is
// seen: all that was recorded until then is stamped alike. What is missed then is
// one event that is too old in the midst of thousands that have ended, until TTL
// has removed these. Of the ledger and of an account's log, which is looked at with
// each of its applications, ten times as many are read.
//
// An application that is not there any more is left out: nobody can read what is
// left of it, and a job is under way.
//
// # An account
//
// is records, as package directory has them, in the table directory, and in the
// same form in the table vault, which has no backups:
//
//	<kind>#<id>          <name>           val: the value; ver: its version; exp, if it ends
//
// The partition is the record's part and the sort key its name; package account
// lists the parts there are. So rights can be given by kind: a role that reads
// applications may read a#*, and no key and no account.
//
// Reading is one request, and so is an Apply, however much it changes: always a
// transaction. That is twice what a plain write costs, for what people do by
// hand, and is worth it, because only a transaction has a token. Sent again after
// nobody had answered, it finds neither a conflict with itself, nor does it bring
// back what somebody has removed meanwhile. A version is 26 random characters.
//
// # An administrative request
//
// is entries in the table ledger, and where to find them:
//
//	l#all                <number>         an entry: at, request, who, kind, stage, cert, before, hash
//	h#all                .                the head: number, hash and time of the last entry; never ends
//	q#<request>          <stage>          the number of the request's entry
//
// Appending reads the head, and then is one transaction that writes all three: if
// the head still is what was read, and no other two are there yet. Of those who
// come at once one goes first, and the others read again: the chain cannot fork,
// and a stage is entered once, also when it failed and happened. The head outlives
// the entries, so that no number comes twice.
//
// Who appends needs
//
//	GetItem              h#*
//	PutItem              h#* l#* q#*
//
// who reads Query on l#*, and who looks for a request Query on q#* and GetItem on
// l#*. Nobody needs UpdateItem, DeleteItem or BatchWriteItem on any of them, and
// no role should have them. PutItem cannot be allowed for new items alone: a role
// that was taken over could write over an entry. The chain shows that to whoever
// has noted down the hash of a later one, and the table's recovery brings it back.
//
// # The secret of a day
//
//	k#<day>              .                table realtime: the secret
//
// # What is promised
//
// Reads are consistent, except Due, large quotas and a relaxed Directory. Every
// read leaves out what has expired; TTL only reclaims. Expiries are rounded down to the second.
//
// Every write may be repeated: transactions carry a token, under which what
// failed and happened happens once; the others end in the same state. What is
// throttled or collides is tried eight times, within the context's time, and
// then returned as ErrThrottled. Errors hold no key and nothing of an item. No
// type of the SDK leaves this package.
//
// # What is not
//
// Rates count in one process only. Subscriptions end with the record of the
// connection that they were made with: one that replaces it with a later end
// does not prolong them. A subject that everybody shares makes one partition of
// all members; it takes 500 connects a second until DynamoDB splits it.
package dynamo
