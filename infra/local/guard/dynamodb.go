package guard

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"tacet/infra/local/iam"
)

// The condition keys of DynamoDB.
const (
	leadingKeys        = "dynamodb:LeadingKeys"
	attributes         = "dynamodb:Attributes"
	selected           = "dynamodb:Select"
	returnValues       = "dynamodb:ReturnValues"
	enclosingOperation = "dynamodb:EnclosingOperation"
)

// attribute is a value as JSON has it: {"S":"text"}.
type attribute map[string]json.RawMessage

func (a attribute) text() string {
	for _, kind := range []string{"S", "N", "B"} {
		if raw, ok := a[kind]; ok {
			var s string
			if json.Unmarshal(raw, &s) == nil {
				return s
			}
		}
	}
	return ""
}

type item map[string]attribute

// operation is one that names a table: a request, or a part of one.
type operation struct {
	TableName string
	IndexName string
	StreamArn string
	// ShardIterator holds the ARN of the stream, in DynamoDB Local.
	ShardIterator string
	Key           item
	Item          item

	KeyConditionExpression    string
	FilterExpression          string
	ProjectionExpression      string
	UpdateExpression          string
	ConditionExpression       string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues item
	Select                    string
	ReturnValues              string
}

// envelope is any request.
type envelope struct {
	operation
	RequestItems  json.RawMessage
	TransactItems []map[string]operation
}

// write is one of a BatchWriteItem.
type write struct {
	PutRequest    *struct{ Item item }
	DeleteRequest *struct{ Key item }
}

// readDynamoDB tells what a request needs.
func (g *Guard) readDynamoDB(r *http.Request, body []byte) (request, error) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	q := request{Call: Call{Service: DynamoDB, Operation: name}, body: body}
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return q, errUnknown // its text may quote what it could not read
	}
	var err error
	switch name {
	case "BatchWriteItem", "BatchGetItem":
		err = g.batch(&q, e.RequestItems)
	case "TransactWriteItems", "TransactGetItems":
		err = g.transaction(&q, e.TransactItems)
	default:
		q.On, q.Index = e.table(), e.IndexName
		q.needs = []iam.Request{g.need(name, e.operation)}
	}
	return q, err
}

// partActions are what the parts of a transaction need.
var partActions = map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem"}

func (g *Guard) transaction(q *request, parts []map[string]operation) error {
	var tables []string
	for _, part := range parts {
		for kind, o := range part {
			action, ok := partActions[kind]
			if !ok {
				return errUnknown
			}
			need := g.need(action, o)
			need.Context[enclosingOperation] = []string{q.Operation}
			q.needs = append(q.needs, need)
			tables = append(tables, o.table())
		}
	}
	if len(q.needs) == 0 {
		return errUnknown
	}
	q.On = common(tables)
	return nil
}

// batch needs the action of its own name on each of its tables.
func (g *Guard) batch(q *request, items json.RawMessage) error {
	keys := map[string][]item{}
	named := map[string][]string{}
	if q.Operation == "BatchGetItem" {
		var tables map[string]struct {
			operation
			Keys []item
		}
		if json.Unmarshal(items, &tables) != nil {
			return errUnknown
		}
		for table, get := range tables {
			keys[table], named[table] = get.Keys, get.named()
		}
	} else {
		var tables map[string][]write
		if json.Unmarshal(items, &tables) != nil {
			return errUnknown
		}
		for table, writes := range tables {
			for _, w := range writes {
				switch {
				case w.PutRequest != nil:
					keys[table] = append(keys[table], w.PutRequest.Item)
				case w.DeleteRequest != nil:
					keys[table] = append(keys[table], w.DeleteRequest.Key)
				}
			}
		}
	}
	var tables []string
	for table, all := range keys {
		tables = append(tables, table)
		need := g.need(q.Operation, operation{TableName: table})
		need.Context[leadingKeys], need.Context[attributes] = nil, named[table]
		for _, key := range all {
			need.Context[leadingKeys] = append(need.Context[leadingKeys], key[g.opts.Tables[tableName(table)].Hash].text())
			for name := range key {
				need.Context[attributes] = append(need.Context[attributes], name)
			}
		}
		q.needs = append(q.needs, need)
	}
	if len(q.needs) == 0 {
		return errUnknown
	}
	q.On = common(tables)
	return nil
}

// need is what an operation on one table needs, the action being named for it.
func (g *Guard) need(action string, o operation) iam.Request {
	need := iam.Request{
		Action: "dynamodb:" + action, Resource: g.tableARN(action, o),
		Context: map[string][]string{
			attributes: o.attributes(), selected: o.selected(), enclosingOperation: nil,
			returnValues: {"NONE"}, leadingKeys: nil,
		},
	}
	if o.ReturnValues != "" {
		need.Context[returnValues] = []string{o.ReturnValues}
	}
	table := g.opts.Tables[o.table()]
	switch {
	case o.Key != nil:
		need.Context[leadingKeys] = []string{o.Key[table.Hash].text()}
	case o.Item != nil:
		need.Context[leadingKeys] = []string{o.Item[table.Hash].text()}
	case action == "Query":
		hash := table.Hash
		if o.IndexName != "" {
			hash = table.Indexes[o.IndexName]
		}
		// What cannot be told is a key that no condition accepts, rather than
		// none, which ForAllValues accepts.
		need.Context[leadingKeys] = []string{o.leadingKey(hash)}
	}
	return need
}

func (g *Guard) tableARN(action string, o operation) string {
	resource := "table/" + o.table()
	switch {
	case resource == "table/":
		return "*"
	case o.StreamArn+o.ShardIterator != "", action == "ListStreams":
		resource += "/stream/" + g.opts.StreamLabel
	case o.IndexName != "":
		resource += "/index/" + o.IndexName
	}
	return g.arn("dynamodb", resource)
}

func (g *Guard) arn(service, resource string) string {
	return strings.Join([]string{"arn:aws", service, g.opts.Region, g.opts.AccountID, resource}, ":")
}

// table returns the name of the table: requests may give its ARN.
func (o operation) table() string {
	name, _, _ := strings.Cut(tableName(o.TableName+o.StreamArn+o.ShardIterator), "/")
	return name
}

func tableName(nameOrARN string) string {
	if _, name, ok := strings.Cut(nameOrARN, ":table/"); ok {
		return name
	}
	return nameOrARN
}

// common returns the one that all are, or "".
func common(all []string) string {
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 1 {
		return tableName(all[0])
	}
	return ""
}
