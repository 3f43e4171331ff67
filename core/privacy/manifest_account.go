package privacy

const (
	asAccount = "until it is changed or removed, at most as long as the account"
	ofAccount = "keeping the account"
)

// owned is where records of an account lie.
func owned(name string) []Place { return []Place{{"directory", "o#{id}", name}} }

// lookups is what leads to a record, so that it goes with it.
func lookups(what string) Attribute {
	return personal("lookups", "lookups", "where the keyed hash of "+what+" leads to this record", KeyedHash).
		why("removing them together with it", contract)
}

// accounts are what is kept of customers. What is personal is sealed.
var accounts = []Class{
	class(Class{
		Name: "account", What: "a customer: a person or a team",
		Tables: owned("account"), Machine: "db", Retention: "as long as the account",
		Attributes: []Attribute{
			attribute("account id", "key.account", "random").in("pk"),
			attribute("state", "state", "whether it is being deleted"),
			attribute("time", "created", "when it was made"),
			personal("full name", "profile.fullName", "of the person, if he says it", Sealed).why("addressing him", contract),
			personal("age range", "profile.ageRange", "if he says it", Sealed).why("knowing whether he may make a contract", contract),
			personal("e-mail address", "profile.email", "of the person", Sealed).why("reaching him", contract),
		},
	}, common{ofAccount, contract}),
	class(Class{
		Name: "account figures", What: "how large an account is",
		Tables: owned("tally"), Machine: "db", Retention: "as long as the account",
		Attributes: []Attribute{
			attribute("number of members", "members", "how many there are"),
			attribute("number of owners", "owners", "how many of them are owners"),
			attribute("number of applications", "apps", "how many there are"),
		},
	}, common{"that an account always has an owner, and its quotas", contract}),
	class(Class{
		Name: "payment details", What: "how an account pays, as the payment provider tells it; never a card number",
		Tables: owned("payment"), Machine: "db", Retention: asAccount,
		Attributes: []Attribute{
			personal("reference", "payment.reference", "the provider's name for the means of payment", Sealed),
			personal("card brand", "payment.brand", "of the card", Sealed),
			personal("last four digits", "payment.lastFour", "of the card", Sealed),
			personal("expiry of the card", "payment.expires", "month and year", Sealed),
		},
	}, common{"charging for the service", contract}),
	class(Class{
		Name: "member", What: "a person in an account",
		Tables: owned("member/{id}"), Machine: "db", Retention: asAccount,
		Attributes: []Attribute{
			attribute("member id", "key.member", "random").in("sk"),
			lookups("whom the issuer of identities says that he is"),
			attribute("role", "role", "what he may do"),
			attribute("time", "since", "when he came"),
			attribute("access token id", "tokens.id", "of each that he has made").why("ending them with his membership", contract),
			attribute("access token", "tokens.hash", "of each that he has made").under(Hashed).why("ending them with his membership", contract),
			attribute("end of the token", "tokens.expires", "of each that he has made").why("ending them with his membership", contract),
			personal("e-mail address", "email", "as the issuer of identities tells it", Sealed).why("telling members apart", contract),
		},
	}, common{"knowing who may do what", contract}),
	class(Class{
		Name: "membership lookup", What: "which accounts a person is a member of",
		Tables: []Place{{"directory", "p#{hash}", "{id}"}}, Machine: "db", Retention: "as long as the membership",
		Attributes: []Attribute{
			personal("person", "key.person", "issuer and subject, as the issuer of identities says", KeyedHash).in("pk"),
			attribute("account id", "key.account", "of the account").in("sk"),
			attribute("member id", "member", "which of its members he is"),
		},
	}, common{"signing in", contract}),
	class(Class{
		Name: "invitation", What: "that somebody is invited to an account",
		Tables: owned("invitation/{id}"), Machine: "db", Retention: "seven days, or until it is withdrawn",
		Attributes: []Attribute{
			attribute("invitation id", "key.invitation", "random").in("sk"),
			lookups("the e-mail address"),
			attribute("member id", "by", "who has invited"),
			attribute("role", "role", "what he is to be"),
			attribute("end", "expires", "when it ends"),
			attribute("accepted", "accepted", "whether it was"),
			personal("e-mail address", "email", "of who is invited", Sealed),
		},
	}, common{"letting people in", contract}),
	class(Class{
		Name: "invitation lookup", What: "that an e-mail address is invited",
		Tables: []Place{{"directory", "i#{hash}", "{id}/{id}"}}, Machine: "db", Retention: "seven days, or until the invitation is withdrawn or accepted",
		Attributes: []Attribute{
			personal("e-mail address", "key.email", "of who is invited", KeyedHash).in("pk"),
			attribute("account id", "key.account", "to which").in("sk"),
			attribute("invitation id", "key.invitation", "by which invitation").in("sk"),
		},
	}, common{"showing people what they are invited to", contract}),
	class(Class{
		Name: "access token", What: "that a program may act for a member",
		Tables: owned("token/{id}"), Machine: "db", Retention: "until it ends or is revoked, a year at most",
		Attributes: []Attribute{
			attribute("access token id", "key.token", "random").in("sk"),
			attribute("lookups", "lookups", "where the hash of the token leads to this record").under(Hashed),
			attribute("member id", "member", "whose it is"),
			attribute("scope", "scope", "what it may do"),
			attribute("application ids", "apps", "which it is for"),
			attribute("time", "created", "when it was made"),
			attribute("end", "expires", "when it ends"),
			personal("name", "name", "as the member has typed it", Sealed),
		},
	}, common{"programs that act for people", contract}),
	class(Class{
		Name: "token lookup", What: "whose an access token is; or that a session or a code for signing in is over",
		Tables: []Place{{"directory", "s#{hash}", "."}}, Machine: "db", Retention: "until the token or session would have ended",
		Attributes: []Attribute{
			attribute("token", "key.token", "of the access token, session or code").in("pk").under(Hashed),
			attribute("account id", "account", "of an access token: whose"),
			attribute("access token id", "token", "of an access token: which"),
		},
	}, common{"checking tokens", contract}),
	class(Class{
		Name: "activity", What: "an entry of the activity log: who changed what, and when",
		Tables: owned("log/{any}/{id}"), Machine: "db", Retention: "one year",
		Attributes: []Attribute{
			attribute("time", "key.time", "when").in("sk"),
			attribute("time", "entry.At", "when").under(Sealed),
			attribute("member id", "entry.Member", "who").under(Sealed),
			attribute("access token id", "entry.Token", "with which access token").under(Sealed),
			attribute("action", "entry.What", "what, as a permission").under(Sealed),
			attribute("object", "entry.Object", "the id of what it was done to").under(Sealed),
			personal("anonymised IP", "entry.Address", "network that the request came from: anonymised (RFC 6235; method and version recorded), and sealed", Anonymise),
		},
	}, common{"showing the account's owners what was done in it", interest}),
	class(Class{
		Name: "idempotency", What: "what a request has made, so that it makes nothing twice",
		Tables:  []Place{{"directory", "o#{id}", "once/{hash}"}, {"directory", "p#{hash}", "once/{hash}"}},
		Machine: "db", Retention: "one day",
		Attributes: []Attribute{
			personal("idempotency key", "key.once", "who asks, for what, and the key that he has chosen", KeyedHash).in("sk"),
			personal("request", "print", "all that was asked for", KeyedHash),
			attribute("object", "made", "the id of what was made"),
			attribute("account id", "sealed", "of an account that was made").under(Shared),
		},
	}, common{"that a request can be repeated", contract}),
	class(Class{
		Name: "download", What: "that a download was asked for, and can be fetched",
		Tables: []Place{{"directory", "o#{id}", "export/{id}/account"}, {"directory", "o#{id}", "export/{id}/self"}}, Machine: "db",
		Retention: "ten minutes, or until it was fetched",
		Attributes: []Attribute{
			attribute("member id", "key.member", "who has asked").in("sk"),
			attribute("request", "request", "its number in the ledger; random"),
			attribute("scope", "scope", "everything of the account, or of the person alone"),
			attribute("time", "at", "when"),
		},
	}, common{"answering the right of access", duty}),
}
