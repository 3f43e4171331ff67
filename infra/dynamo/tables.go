package dynamo

// Table says what a table looks like, in words of its own: tests make tables
// of it, and hold the template that deploys them against it. Every table has
// the string keys Hash and Range, is billed by request, encrypted with a key
// of KMS, and reclaims what has expired by the attribute Expiry.
type Table struct {
	// Class is what the table holds, and its name in design and template.
	Class string
	// Indexes besides the table's own.
	Indexes []Index
	// Stream is set where it is streamed that items were written (KEYS_ONLY:
	// nothing of what they hold) to what sums them up.
	Stream bool
	// Backups is set where point-in-time recovery is on. Where it is not, it
	// must be off: what expires or is destroyed must not be had again.
	Backups bool
	// OwnKey is set where the key of KMS is one of the stack's own, so that
	// rights to the table are not enough to read it. Elsewhere it is the one
	// that DynamoDB keeps in the account.
	OwnKey bool
	// Protected is set where the table cannot be deleted before somebody has
	// said twice that he wants to.
	Protected bool
}

// Index is a global secondary index. Its keys are Hash, a string, and Range, a
// number; items without them are not in it.
type Index struct {
	Name, Hash, Range string
	// Holds is what is projected besides the keys.
	Holds []string
}

// The attributes that every table has.
const (
	Hash   = "pk"
	Range  = "sk"
	Expiry = "exp"
)

// Tables are those that this package's stores live in, one for each class of
// data: rights, backups and retention differ by class.
var Tables = []Table{
	{
		Class: "realtime",
		Indexes: []Index{{
			Name: dueIndex, Hash: attrDue, Range: attrDeadline,
			// Not those that subscribing changes: it would write the index too.
			Holds: []string{attrApp, attrSubject, attrGrants, attrAddress, attrSince, attrEnds, Expiry},
		}},
	},
	{Class: "telemetry", Stream: true},
	{Class: "directory", Backups: true},
	{Class: "vault", OwnKey: true},
	{Class: "ledger", Backups: true, Protected: true},
}
