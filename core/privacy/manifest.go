package privacy

import "slices"

// Transform is what is done to an attribute before it is stored.
type Transform string

// The transforms. Package privacytest knows which Go type each of them leaves
// behind.
const (
	AsIs       Transform = "as it is"                                                              // any plain type
	Anonymise  Transform = "anonymised (RFC 6235; method and version recorded)"                    // Anonymised
	HideTopics Transform = "priv/… becomes priv/*; others hashed if the app asks so"               // RecordedTopic
	KeyedHash  Transform = "keyed hash, under a secret of the deployment"                          // text
	Hashed     Transform = "hashed"                                                                // text or numbers
	Sketched   Transform = "a sketch, out of which nothing that was added can be read"             // numbers
	Sealed     Transform = "encrypted under the account's data key, which deletion destroys first" // bytes
	Shared     Transform = "encrypted under the deployment's key"                                  // bytes
	Wrapped    Transform = "encrypted under the master key"                                        // bytes
	Random     Transform = "made of random bytes"                                                  // a secret, bytes or text
	Elsewhere  Transform = "what the other classes list, as they say"                              // bytes
	Protected  Transform = "as it is, in a file that only the account of its user can read (0600)" // a secret or text
)

// Attribute is one thing that is stored, and why it may be.
type Attribute struct {
	Name string `json:"name"` // as in the published policy
	// Field is where it stands in a record, as a path of JSON members: of lists
	// and maps it is what each of their values has. Below "key" is what a
	// record's key says.
	Field     string    `json:"field"`
	What      string    `json:"what"`
	Purpose   string    `json:"purpose"`
	Basis     string    `json:"legalBasis"`
	Transform Transform `json:"transform"`
	Retention string    `json:"retention"`
	Personal  bool      `json:"personal"` // whether it was personal data before the transform
	// Columns are the attributes of DynamoDB's items that it stands in, where
	// they are not called as Field is: pk and sk are the keys.
	Columns []string `json:"columns,omitempty"`
}

// Class is a sort of records, and all that one of them can ever hold.
type Class struct {
	Name string `json:"name"`
	What string `json:"what"`
	// Tables is where records of it lie on AWS, and Machine where on one
	// machine: a file of the data folder, "memory", or "db", which is encrypted.
	Tables     []Place     `json:"tables,omitempty"`
	Machine    string      `json:"machine,omitempty"`
	Retention  string      `json:"retention"`
	Sealed     bool        `json:"sealed,omitempty"` // whether each record is encrypted as a whole
	Attributes []Attribute `json:"attributes"`
}

// Place is where records of a class lie: a table, and what their keys look like.
// In a pattern {id} stands for 32 hex digits, {hash} for 64, {n} for a number,
// {any} for anything; all else for itself. Records of the directory have the
// same keys on one machine.
type Place struct {
	Table     string `json:"table"`
	Partition string `json:"partition"`
	Sort      string `json:"sort"`
}

// Manifest lists all that is ever stored. As JSON it is served at
// /.well-known/telemetry.json.
type Manifest struct {
	Version int `json:"version"` // counts changes to the list
	// Attributes are all that telemetry holds about a message or connection: those
	// of the class event, but for its end.
	Attributes []Attribute `json:"attributes"`
	Classes    []Class     `json:"classes"`
}

// Class returns the class of a name, and whether there is one.
func (m Manifest) Class(name string) (Class, bool) {
	i := slices.IndexFunc(m.Classes, func(c Class) bool { return c.Name == name })
	if i < 0 {
		return Class{}, false
	}
	return m.Classes[i], true
}

// Telemetry is the manifest of this version of the platform.
var Telemetry = Manifest{
	Version:    3,
	Attributes: events.Attributes[:len(events.Attributes)-1], // all but when it ends
	Classes:    slices.Concat([]Class{events, rollups, lateMarks, connections, subscriptions, daySecrets}, accounts, tenants, platform, machine, []Class{logs, traces}),
}

// What attributes have in common.
const (
	byPlan   = "the retention of the application's plan"
	contract = "performance of the contract with the application's owner (GDPR Art. 6(1)(b))"
	interest = "legitimate interest in a service that is not abused (GDPR Art. 6(1)(f))"
	duty     = "duty to prove that requests of people were answered (GDPR Art. 5(2), Art. 6(1)(c))"
)

// common is what is said of each attribute that says nothing else.
type common struct{ purpose, basis string }

// class returns a class whose attributes are filled in with what they have in
// common.
func class(c Class, w common) Class {
	for i := range c.Attributes {
		a := &c.Attributes[i]
		if a.Purpose == "" {
			a.Purpose = w.purpose
		}
		if a.Basis == "" {
			a.Basis = w.basis
		}
		if a.Transform == "" {
			a.Transform = AsIs
		}
		if a.Retention == "" {
			a.Retention = c.Retention
		}
	}
	return c
}

// attribute returns one that is stored as it is and says nothing of anybody.
func attribute(name, field, what string) Attribute {
	return Attribute{Name: name, Field: field, What: what}
}

// personal returns one that is personal before the transform.
func personal(name, field, what string, t Transform) Attribute {
	return Attribute{Name: name, Field: field, What: what, Transform: t, Personal: true}
}

// under returns a with another transform.
func (a Attribute) under(t Transform) Attribute {
	a.Transform = t
	return a
}

// in returns a with the columns that it stands in.
func (a Attribute) in(columns ...string) Attribute {
	a.Columns = columns
	return a
}

// why returns a with a purpose and a basis of its own.
func (a Attribute) why(purpose, basis string) Attribute {
	a.Purpose, a.Basis = purpose, basis
	return a
}
