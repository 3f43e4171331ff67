package privacy

// events are the eight attributes of the policy, the country where an edge
// supplies it, and two that say how the platform did and nothing of anybody.
var events = class(Class{
	Name: "event", What: "what is recorded of a message, of a connection that came or went, and of a request that was refused",
	Tables:    []Place{{"telemetry", "e#{id}#{n}", "{any}"}},
	Machine:   "db",
	Retention: byPlan,
	Attributes: []Attribute{
		attribute("node id", "node", "id of the node that held the connection").
			why("finding faults of one node", contract),
		attribute("application id", "app", "id of the application").in("pk").
			why("keeping one application's figures from another's", contract),
		personal("anonymised client IP", "clientIp", "network of the connecting client", Anonymise).
			why("finding abuse within a day; counting distinct clients", interest),
		personal("anonymised publisher IP", "publisherIp", "network of the publishing client or backend", Anonymise).
			why("finding abuse within a day; counting distinct publishers", interest),
		attribute("message size", "size", "size of the message in bytes").
			why("reports of traffic, quotas", contract),
		personal("topic name", "topic", "name of the topic", HideTopics).
			why("reports by topic", contract),
		attribute("subscribers count", "subscribers", "number of subscribers that the message matched; of a connection, how many the application had with it").
			why("reports of traffic, quotas", contract),
		attribute("timestamp", "at", "when it happened, UTC").in("sk").
			why("reports over time; deletion when the retention ends", contract),
		personal("country", "country", "country of the client, where a network edge supplies it", AsIs).
			why("reports by country, groups below five clients merged", interest),
		attribute("delivery time", "tookMicros", "time from the receipt of a message to its last post, in microseconds").
			why("reports of how fast messages are delivered", contract),
		attribute("error code", "code", "why a request was refused: a number of the published catalogue").
			why("finding faults of clients and tokens", contract),
		attribute("end", "expires", "when the retention ends").in("exp").
			why("deletion when the retention ends", contract),
	},
}, common{})

var rollups = class(Class{
	Name: "rollup", What: "what the events of a minute, an hour or a day came to",
	Tables: []Place{
		{"telemetry", "r#{id}#{n}", "m#{any}"}, {"telemetry", "r#{id}#{n}", "h#{any}"}, {"telemetry", "r#{id}#{n}", "d#{any}"},
	},
	Machine:   "db",
	Retention: byPlan + ", with the last of its events",
	Attributes: []Attribute{
		attribute("length", "span", "a minute, an hour or a day").in("sk"),
		attribute("time", "start", "when that began").in("sk"),
		attribute("messages", "messages", "how many messages were published").in("messages", "n"),
		attribute("deliveries", "deliveries", "how many subscribers they matched, added up"),
		attribute("bytes", "bytes", "size of the messages, added up"),
		attribute("delivered bytes", "deliveredBytes", "size of the messages, once for each subscriber"),
		attribute("connections", "connections", "how many connections were opened"),
		attribute("disconnections", "disconnections", "how many were closed"),
		attribute("errors", "errors", "how many requests were refused"),
		attribute("most open connections", "open.peak", "how many were open at once at most").in("digest"),
		attribute("open connections", "open.last", "how many were open at last").in("digest"),
		attribute("time of that", "open.at", "when that was").in("digest"),
		personal("distinct clients", "clients", "an estimate of how many different networks there were, after they were made anonymous", Sketched).in("digest").
			why("counting distinct clients", interest),
		personal("topic name", "topics.name", "of the topics with the most messages: the name", HideTopics).in("digest"),
		attribute("messages of a topic", "topics.messages", "how many were published on it").in("digest"),
		attribute("deliveries of a topic", "topics.deliveries", "how many subscribers they matched, added up").in("digest"),
		attribute("bytes of a topic", "topics.bytes", "size of its messages, added up").in("digest"),
		attribute("reach of a topic", "topics.reach", "the most subscribers that one of its messages had").in("digest"),
		personal("crowd of a topic", "topics.crowd", "up to sixteen anonymised networks that published on it, to tell whether there are enough of them for the topic to be shown", Hashed).in("digest").
			why("keeping reports from singling anybody out", interest),
		attribute("connections of a country", "countries.events", "how many were opened from each country, where a network edge supplies it").in("digest"),
		personal("crowd of a country", "countries.crowd", "up to sixteen anonymised networks that connected from it, to tell whether there are enough of them for the country to be shown", Hashed).in("digest").
			why("keeping reports from singling anybody out", interest),
		attribute("error codes", "codes", "how many requests were refused, by the number of the published catalogue").in("digest"),
		attribute("delivery times", "delivery", "how many messages took how long, in classes").in("digest").under(Sketched),
		attribute("whole until", "whole", "until when each of its events is readable"),
		attribute("end", "expires", "when the last of them ends").in("exp"),
	},
}, common{"reports, without reading each event", contract})

var lateMarks = class(Class{
	Name: "late mark", What: "that events of a minute were written late, so that it has to be counted again", Machine: "db", Retention: "until it was counted, minutes at most",
	Attributes: []Attribute{
		attribute("application id", "key.app", "whose events they are"),
		attribute("time", "key.minute", "the minute"),
		attribute("number", "key.number", "that tells marks apart"),
	},
}, common{"reports that miss nothing", contract})
