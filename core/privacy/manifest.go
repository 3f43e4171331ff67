package privacy

// Transform is what is done to an attribute before it is stored.
type Transform string

// The transforms. CheckType knows which Go type each of them leaves behind.
const (
	AsIs       Transform = "as it is"                                                // any plain type
	Anonymise  Transform = "anonymised (RFC 6235; method and version recorded)"      // Anonymised
	HideTopics Transform = "priv/… becomes priv/*; others hashed if the app asks so" // RecordedTopic
)

// Attribute is one thing that telemetry holds, and why it may.
type Attribute struct {
	Name      string    `json:"name"`  // as in the published policy
	Field     string    `json:"field"` // as in the JSON of an event
	What      string    `json:"what"`
	Purpose   string    `json:"purpose"`
	Basis     string    `json:"legalBasis"`
	Transform Transform `json:"transform"`
	Retention string    `json:"retention"`
	Personal  bool      `json:"personal"` // whether it was personal data before the transform
}

// Manifest lists all that telemetry ever holds about a message or connection.
// As JSON it is served at /.well-known/telemetry.json.
type Manifest struct {
	Version    int         `json:"version"` // counts changes to the list
	Attributes []Attribute `json:"attributes"`
}

// What all attributes have in common.
const (
	byPlan   = "the retention of the application's plan"
	contract = "performance of the contract with the application's owner (GDPR Art. 6(1)(b))"
	interest = "legitimate interest in a service that is not abused (GDPR Art. 6(1)(f))"
)

// Telemetry is the manifest of this version of the platform: the eight
// attributes of the policy, the country where an edge supplies it, and two that
// say how the platform did and nothing of anybody.
var Telemetry = Manifest{
	Version: 2,
	Attributes: []Attribute{
		{
			Name: "node id", Field: "node", What: "id of the node that held the connection",
			Purpose: "finding faults of one node",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "application id", Field: "app", What: "id of the application",
			Purpose: "keeping one application's figures from another's",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "anonymised client IP", Field: "clientIp", What: "network of the connecting client",
			Purpose: "finding abuse within a day; counting distinct clients",
			Basis:   interest, Transform: Anonymise, Retention: byPlan, Personal: true,
		},
		{
			Name: "anonymised publisher IP", Field: "publisherIp", What: "network of the publishing client or backend",
			Purpose: "finding abuse within a day; counting distinct publishers",
			Basis:   interest, Transform: Anonymise, Retention: byPlan, Personal: true,
		},
		{
			Name: "message size", Field: "size", What: "size of the message in bytes",
			Purpose: "reports of traffic, quotas",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "topic name", Field: "topic", What: "name of the topic",
			Purpose: "reports by topic",
			Basis:   contract, Transform: HideTopics, Retention: byPlan, Personal: true,
		},
		{
			Name: "subscribers count", Field: "subscribers", What: "number of subscribers that the message matched",
			Purpose: "reports of traffic, quotas",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "timestamp", Field: "at", What: "when it happened, UTC",
			Purpose: "reports over time; deletion when the retention ends",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "country", Field: "country", What: "country of the client, where a network edge supplies it",
			Purpose: "reports by country, groups below five clients merged",
			Basis:   interest, Transform: AsIs, Retention: byPlan, Personal: true,
		},
		{
			Name: "delivery time", Field: "tookMicros", What: "time from the receipt of a message to its last post, in microseconds",
			Purpose: "reports of how fast messages are delivered",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
		{
			Name: "error code", Field: "code", What: "why a request was refused: a number of the published catalogue",
			Purpose: "finding faults of clients and tokens",
			Basis:   contract, Transform: AsIs, Retention: byPlan,
		},
	},
}
