package privacy

// tenants are what is kept of applications.
var tenants = []Class{
	class(Class{
		Name: "application", What: "an application, as its account sees it",
		Tables: owned("app/{id}"), Machine: "db", Retention: "until it is deleted",
		Attributes: []Attribute{
			attribute("application id", "key.app", "random").in("sk"),
			attribute("plan", "plan", "quotas and retention"),
			attribute("setting: expiry", "settings.expiry", "what happens when a token expires"),
			attribute("setting: violations", "settings.violations", "what happens to who oversteps his permissions"),
			attribute("setting: addresses", "settings.addresses", "how addresses are made anonymous"),
			attribute("setting: blind topics", "settings.blindTopics", "whether topic names are recorded as keyed hashes"),
			attribute("suspended", "suspended", "whether it serves nobody for now"),
			attribute("time", "created", "when it was made"),
			personal("name", "name", "as a member has typed it", Sealed),
		},
	}, common{"running the application", contract}),
	class(Class{
		Name: "tenant", What: "an application, as messages find it",
		Tables: []Place{{"directory", "a#{id}", "."}}, Machine: "db", Retention: "until the application is deleted",
		Attributes: []Attribute{
			attribute("application id", "id", "random"),
			attribute("account id", "account", "whose it is"),
			attribute("plan", "plan", "quotas and retention"),
			attribute("setting: expiry", "settings.expiry", "what happens when a token expires"),
			attribute("setting: violations", "settings.violations", "what happens to who oversteps his permissions"),
			attribute("setting: addresses", "settings.addresses", "how addresses are made anonymous"),
			attribute("setting: blind topics", "settings.blindTopics", "whether topic names are recorded as keyed hashes"),
			attribute("topic key", "blind", "the key of these hashes").under(Random),
			attribute("suspended", "suspended", "whether it serves nobody for now"),
			attribute("former retention", "former.retention", "a shorter one, that of a plan that it had"),
			attribute("end of that", "former.until", "for days that began before"),
		},
	}, common{"running the application", contract}),
	class(Class{
		Name: "verification keys", What: "what the application's tokens are checked against",
		Tables: []Place{{"directory", "v#{id}", "."}}, Machine: "db", Retention: "until they are revoked, or the application is deleted",
		Attributes: []Attribute{
			attribute("algorithm of a client key", "client.algorithm", "of each of two slots"),
			attribute("client key", "client.text", "a secret or a public key"),
			attribute("address of a client key set", "client.jwksUrl", "where it is fetched"),
			attribute("end of a client key", "client.notAfter", "when it stops to be good"),
			attribute("algorithm of an admin key", "admin.algorithm", "of each of two slots"),
			attribute("admin key", "admin.text", "a secret or a public key"),
			attribute("address of an admin key set", "admin.jwksUrl", "where it is fetched"),
			attribute("end of an admin key", "admin.notAfter", "when it stops to be good"),
		},
	}.sealed(), common{"checking tokens", contract}),
	class(Class{
		Name: "key facts", What: "what is known of an application's verification keys, without the keys",
		Tables: owned("keys/{id}"), Machine: "db", Retention: "until they are revoked, or the application is deleted",
		Attributes: []Attribute{
			attribute("key id", "keys.ID", "random").under(Sealed),
			attribute("kind", "keys.Kind", "for clients or for admins").under(Sealed),
			attribute("algorithm", "keys.Algorithm", "of the key").under(Sealed),
			attribute("address of a key set", "keys.JWKSURL", "where it is fetched").under(Sealed),
			attribute("time", "keys.Created", "when it was made").under(Sealed),
			attribute("end", "keys.Until", "when it stops to be good").under(Sealed),
			attribute("slot", "keys.Slot", "which of two").under(Sealed),
		},
	}, common{"managing keys", contract}),
}

// sealed returns the class as one whose records are encrypted as a whole.
func (c Class) sealed() Class {
	c.Sealed = true
	for i := range c.Attributes {
		c.Attributes[i].Transform = Sealed
	}
	return c
}

// platform is what is kept of no customer: work to be done, keys, and the proof
// that requests of people were answered.
var platform = []Class{
	class(Class{
		Name: "record", What: "what every record of directory and vault has besides what is listed under its class",
		Machine: "db, vault", Retention: "that of the class",
		Attributes: []Attribute{
			attribute("kind of part", "kind", "one letter").in("pk"),
			attribute("part", "id", "an id or a hash, as its class says").in("pk"),
			attribute("name", "name", "ids and hashes, as its class says").in("sk"),
			attribute("value", "value", "as its class says").in("val").under(Elsewhere),
			attribute("version", "version", "random, another one with each change").in("ver"),
			attribute("end", "expires", "when it ends").in("exp"),
		},
	}, common{"finding records, and changing them together or not at all", contract}),
	class(Class{
		Name: "job", What: "what is still to be done, and how far that has come: a deletion, another plan, a right that was taken",
		Tables: []Place{{"directory", "j#all", "{id}"}}, Machine: "db", Retention: "until it is done",
		Attributes: []Attribute{
			attribute("job id", "id", "random, or the number of the request in the ledger"),
			attribute("kind", "kind", "what is to be done"),
			attribute("account id", "account", "to which account"),
			attribute("application ids", "apps", "to which of its applications"),
			attribute("pseudonym", "who", "of the account, for the ledger").under(KeyedHash),
			attribute("start", "started", "when it began"),
			attribute("pause", "notBefore", "when it goes on"),
			attribute("step", "step", "what is next"),
			attribute("place", "cursor", "how far that has come: keys of stores, which hold ids and times"),
			attribute("retention", "retention", "of the new plan"),
			attribute("counts", "counts", "how much was done, by store"),
			attribute("times", "times", "when each step was done"),
			attribute("failures", "failures", "how often it has failed"),
		},
	}, common{"finishing what was begun", contract}),
	class(Class{
		Name: "data key", What: "the key that what is personal in an account is encrypted under, and the deployment's own keys",
		Tables:  []Place{{"vault", "d#{any}", "{any}"}, {"vault", "w#deployment", "{any}"}},
		Machine: "vault", Retention: "as long as the account; destroyed first when that is deleted, and in no backup that does not ask for it",
		Attributes: []Attribute{
			attribute("account id", "key.account", "whose it is").in("sk"),
			attribute("master key", "master", "the name of what it is encrypted under"),
			attribute("time", "made", "when it was made"),
			attribute("key", "key", "the key").under(Wrapped),
		},
	}, common{"that what is personal can be read by nobody else, and by nobody when it is destroyed", contract}),
	class(Class{
		Name: "ledger", What: "an administrative request: that somebody has asked for a download or a deletion, and what came of it",
		Tables:  []Place{{"ledger", "l#all", "{n}"}, {"ledger", "h#all", "."}, {"ledger", "q#{id}", "{any}"}},
		Machine: "db", Retention: "one year; of the last entry number, hash and time stay",
		Attributes: []Attribute{
			attribute("number", "seq", "of the entry").in("seq", "sk"),
			attribute("time", "at", "when"),
			attribute("request", "request", "its number: random, or a keyed hash").in("request", "pk"),
			attribute("pseudonym", "who", "of the account").under(KeyedHash),
			attribute("kind", "kind", "download or deletion"),
			attribute("stage", "stage", "how far it has come").in("stage", "sk"),
			attribute("certificate: version", "certificate.version", "of its form").in("cert"),
			attribute("certificate: request", "certificate.request", "as above").in("cert"),
			attribute("certificate: pseudonym", "certificate.who", "as above").in("cert").under(KeyedHash),
			attribute("certificate: start", "certificate.started", "when the deletion began").in("cert"),
			attribute("certificate: end", "certificate.finished", "when it was complete").in("cert"),
			attribute("certificate: store", "certificate.stores.name", "what was swept").in("cert"),
			attribute("certificate: number", "certificate.stores.removed", "how much was removed").in("cert"),
			attribute("certificate: time", "certificate.stores.at", "when").in("cert"),
			attribute("certificate: statement", "certificate.statement", "what that means, always the same").in("cert"),
			attribute("certificate: key", "certificate.publicKey", "of the deployment").in("cert"),
			attribute("certificate: signature", "certificate.signature", "of the deployment").in("cert"),
			attribute("hash before", "before", "of the entry before"),
			attribute("hash", "hash", "of this entry"),
			attribute("end", "key.expires", "a year later").in("exp"),
		},
	}, common{"proving that it was answered", duty}),
}
