package privacy

const whileOpen = "as long as the connection is open; if nobody says that it ended, two hours and ten minutes"

var connections = class(Class{
	Name: "connection", What: "a connection, as long as it is open",
	Tables:    []Place{{"realtime", "c#{any}", "."}, {"realtime", "m#{id}#{n}", "{any}"}},
	Machine:   "memory",
	Retention: whileOpen,
	Attributes: []Attribute{
		attribute("connection id", "id", "what messages are delivered by; random").in("pk", "sk"),
		attribute("application id", "app", "whose connection it is").in("app", "pk"),
		personal("subject", "subject", "the user or device, as the application's own token says", AsIs).in("who", "sk").
			why("delivering what is published to priv/…; bounding the connections of one", contract),
		personal("permissions", "grants", "what its token allows; topics may stand in it", AsIs).in("may").
			why("checking what it subscribes to and publishes", contract),
		personal("anonymised client IP", "address", "network of the client", Anonymise).in("addr").
			why("the telemetry of what it publishes", interest),
		personal("country", "country", "country of the client, where a network edge supplies it", AsIs).
			why("the telemetry of its opening", interest),
		attribute("time", "connectedAt", "when it was opened").in("since"),
		attribute("deadline", "deadline", "when it ends with its token").in("dead", "due"),
		attribute("end", "expires", "when the record ends").in("ends", "exp"),
		attribute("number of topics", "key.topics", "how many it has, and how often that has changed").in("n", "v"),
	},
}, common{"delivering messages, within the plan's quotas", contract})

var subscriptions = class(Class{
	Name: "subscription", What: "that a connection has subscribed to a topic",
	Tables:    []Place{{"realtime", "c#{any}", "t#{any}"}, {"realtime", "t#{id}#{n}#{n}", "{any}"}},
	Machine:   "memory",
	Retention: whileOpen,
	Attributes: []Attribute{
		attribute("application id", "key.app", "whose topic it is").in("pk"),
		attribute("connection id", "key.connection", "who is to hear it").in("pk", "sk"),
		personal("topic name", "key.topic", "what it is to hear; never a private topic", AsIs).in("sk"),
		attribute("end", "key.expires", "when the connection's record ends").in("exp"),
	},
}, common{"delivering messages", contract})

var daySecrets = class(Class{
	Name: "day secret", What: "the secret that the addresses of one day (UTC) are encrypted under",
	Tables:    []Place{{"realtime", "k#{any}", "."}},
	Machine:   "secrets",
	Retention: "until an hour after the day; then it is destroyed, and is in no backup",
	Attributes: []Attribute{
		attribute("day", "key.day", "the day").in("pk"),
		attribute("secret", "secret", "32 bytes").under(Random),
		attribute("end", "key.expires", "when it is destroyed").in("exp"),
	},
}, common{"comparing addresses of one day, and of no two", interest})
