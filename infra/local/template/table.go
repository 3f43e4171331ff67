package template

// Table is a DynamoDB table.
type Table struct {
	ID       string // the logical id
	Line     int
	Problems Findings // why it cannot be made

	Name         string // that AWS knows it by
	Key          Key
	Indexes      []Index // global secondary ones
	LocalIndexes []Index
	Stream       string // "NEW_IMAGE" and so on; "" if it has none
	Expiry       string // the attribute by which items expire; "" if none do
	OnDemand     bool
	Encrypted    bool   // with a key of KMS
	KMSKey       string // which; "" is AWS's own
	Recovery     bool   // point-in-time recovery is on
	Protected    bool   // against deletion
}

// Key is the primary key of a table or an index.
type Key struct{ Hash, Range Attribute }

// Attribute is an attribute of a key. A Range without a name is none.
type Attribute struct{ Name, Type string }

// Index is a secondary index.
type Index struct {
	Name       string
	Key        Key
	Projection string   // ALL, KEYS_ONLY, INCLUDE
	Holds      []string // besides the keys, for INCLUDE
}

func (b *builder) newTable(r *resource) (*Table, taker) {
	t := &Table{ID: r.id, Line: r.line}
	b.t.Tables = append(b.t.Tables, t)
	take := taker{&t.Problems}
	t.Name = take.text(b.e.name(r, r.line), "TableName")
	sse := r.properties.get("SSESpecification")
	t.Encrypted = take.boolean(sse.get("SSEEnabled"), "SSEEnabled")
	t.KMSKey = take.text(sse.get("KMSMasterKeyId"), "KMSMasterKeyId")
	t.Recovery = take.boolean(r.properties.get("PointInTimeRecoverySpecification").get("PointInTimeRecoveryEnabled"), "PointInTimeRecoveryEnabled")
	return t, take
}

// table reads an AWS::DynamoDB::Table.
func (b *builder) table(r *resource) {
	t, take := b.newTable(r)
	p := r.properties
	types := map[string]string{}
	for _, a := range p.get("AttributeDefinitions").each() {
		types[take.text(a.get("AttributeName"), "AttributeName")] = take.text(a.get("AttributeType"), "AttributeType")
	}
	t.Key = key(take, p.get("KeySchema"), types)
	t.Indexes = indexes(take, p.get("GlobalSecondaryIndexes"), types)
	t.LocalIndexes = indexes(take, p.get("LocalSecondaryIndexes"), types)
	t.Stream = take.text(p.get("StreamSpecification").get("StreamViewType"), "StreamViewType")
	t.OnDemand = take.text(p.get("BillingMode"), "BillingMode") == "PAY_PER_REQUEST"
	t.Protected = take.boolean(p.get("DeletionProtectionEnabled"), "DeletionProtectionEnabled")
	if ttl := p.get("TimeToLiveSpecification"); take.boolean(ttl.get("Enabled"), "Enabled") {
		t.Expiry = take.text(ttl.get("AttributeName"), "AttributeName")
	}
	if t.Key.Hash.Name == "" {
		take.problem(r.line, "the table "+t.ID+" has no key")
	}
}

func key(take taker, schema value, types map[string]string) Key {
	var k Key
	for _, part := range schema.each() {
		name := take.text(part.get("AttributeName"), "AttributeName")
		a := Attribute{name, types[name]}
		if a.Type == "" {
			take.problem(part.line, "the attribute "+name+" is not among AttributeDefinitions")
		}
		switch take.text(part.get("KeyType"), "KeyType") {
		case "HASH":
			k.Hash = a
		case "RANGE":
			k.Range = a
		}
	}
	return k
}

func indexes(take taker, all value, types map[string]string) []Index {
	var found []Index
	for _, v := range all.each() {
		projection := v.get("Projection")
		found = append(found, Index{
			Name: take.text(v.get("IndexName"), "IndexName"), Key: key(take, v.get("KeySchema"), types),
			Projection: take.text(projection.get("ProjectionType"), "ProjectionType"),
			Holds:      take.texts(projection.get("NonKeyAttributes"), "NonKeyAttributes"),
		})
	}
	return found
}

// simpleTable reads an AWS::Serverless::SimpleTable, whose key is "id", a
// string, if it does not say.
func (b *builder) simpleTable(r *resource) {
	t, take := b.newTable(r)
	hash := r.properties.get("PrimaryKey")
	t.Key.Hash = Attribute{"id", "S"}
	if hash.kind == mapping {
		long := take.text(hash.get("Type"), "Type")
		t.Key.Hash = Attribute{take.text(hash.get("Name"), "Name"), map[string]string{"String": "S", "Number": "N", "Binary": "B"}[long]}
	}
	t.OnDemand = r.properties.get("ProvisionedThroughput").kind == absent
}
