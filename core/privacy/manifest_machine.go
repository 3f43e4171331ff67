package privacy

// machine is what lies in files beside the stores, on one machine only.
var machine = []Class{
	class(Class{
		Name: "backup", What: "what a backup says of itself; the rest of it is encrypted, and holds what the other classes list",
		Machine: "a file that whoever runs the platform has asked for", Retention: "as long as he keeps it",
		Attributes: []Attribute{
			attribute("version", "version", "of its form"),
			attribute("time", "made", "when it was made"),
			attribute("vault", "vault", "whether it holds the vault of data keys"),
			attribute("key", "key", "which key opens it: a hash").under(Hashed),
			attribute("counts", "counts", "how much of what is in it"),
			attribute("bytes", "bytes", "how much that is"),
			attribute("hash", "sha256", "of all that").under(Hashed),
		},
	}, common{"having what was lost again", interest}),
	class(Class{
		Name: "development application", What: "keys of the application that is there from the start, and where a platform runs, for the commands of the same machine",
		Machine: "development.json, running.json", Retention: "the keys as long as the data folder; the rest while the platform runs",
		Attributes: []Attribute{
			attribute("application id", "app", "of it"),
			attribute("algorithm of its client key", "client_key.algorithm", "as it says"),
			attribute("client key", "client_key.secret", "of it").under(Protected),
			attribute("algorithm of its admin key", "admin_key.algorithm", "as it says"),
			attribute("admin key", "admin_key.secret", "of it").under(Protected),
			attribute("topic key", "blind", "of it").under(Random),
			attribute("WebSocket address", "websocket", "where clients connect"),
			attribute("HTTP address", "http", "where the HTTP API is"),
			attribute("page", "console", "where it can be tried").under(Protected),
			attribute("client token", "client_token", "for a day").under(Protected),
			attribute("admin token", "admin_token", "for a day").under(Protected),
			attribute("process", "pid", "its number"),
			attribute("end of the tokens", "tokens_expire", "as it says"),
			attribute("session", "session", "of whoever runs the platform").under(Protected),
			attribute("certificate", "certificate", "the server's own"),
			attribute("address of figures", "metrics", "where --metrics-listen shows them"),
		},
	}, common{"using a platform on one's own machine", contract}),
	class(Class{
		Name: "session of a command", What: "the sessions of tacet account sign-in, by address",
		Machine: "sessions.json in the data folder of the user who signs in, on his machine", Retention: "until he signs out, twelve hours at most",
		Attributes: []Attribute{
			attribute("token", "token", "of the session").under(Protected),
			attribute("end", "expires", "when it ends"),
		},
	}, common{"commands that act for who has signed in", contract}),
}

// logs say what the process did. What they may hold is decided where they are
// written (package infra/logging), which prints no type that it does not know.
var logs = class(Class{
	Name: "log", What: "what the process says of itself, once for each request at most: ids, numbers, and texts of its own; never a payload, token, address, User-Agent, topic, subject, name or e-mail address",
	Machine: "where standard error goes; nothing is kept by the process", Retention: "on AWS as long as the parameter LogRetention says; on one machine as its operator decides",
	Attributes: []Attribute{
		attribute("time", "time", "when"),
		attribute("level", "level", "how bad it is"),
		attribute("message", "msg", "what, as a text of the program"),
		attribute("request id", "request", "of the request; random"),
		attribute("connection id", "connection", "of the connection; random"),
		attribute("application id", "app", "of the application"),
		attribute("error", "error", "why, without anything that a person has sent"),
		attribute("outcome", "status", "and other numbers: bytes, milliseconds, how many were reached"),
	},
}, common{"finding faults of the platform", interest})
