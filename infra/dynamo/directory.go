package dynamo

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/directory"
)

// Directory keeps records; it implements directory.Directory, on a table of
// class directory or vault, which look the same. Make it with NewDirectory.
// Safe for concurrent use.
type Directory struct {
	client  *Client
	table   string
	now     func() time.Time
	relaxed bool
}

// The attributes of a record besides its keys and Expiry, which one that stays
// does not have. "value" and "version" are words of DynamoDB's.
const (
	attrValue         = "val"
	attrRecordVersion = "ver"
)

// NewDirectory returns the store that lives in a table. now is the clock by
// which records expire.
func NewDirectory(c *Client, table string, now func() time.Time) *Directory {
	return &Directory{client: c, table: table, now: now}
}

// Relaxed returns the same store, of which Get and List cost half and may miss
// what was written less than a second ago. It is for the a# records, which
// those who read them remember for longer than that anyway; keys and whatever a
// decision about rights is taken by are read consistently.
func (d *Directory) Relaxed() *Directory {
	return &Directory{d.client, d.table, d.now, true}
}

// Get implements directory.Directory.
func (d *Directory) Get(ctx context.Context, k directory.Key) (directory.Record, error) {
	if err := k.Check(); err != nil {
		return directory.Record{}, err
	}
	i, err := d.client.get(ctx, d.table, recordKey(k), !d.relaxed)
	switch {
	case err != nil:
		return directory.Record{}, err
	case i == nil || i[Expiry] != nil && !live(i, d.now()):
		return directory.Record{}, directory.ErrAbsent
	}
	return readRecordItem(k.Part, i)
}

// List implements directory.Directory. One call is one query.
func (d *Directory) List(ctx context.Context, p directory.Part, prefix, after string, limit int) ([]directory.Record, string, error) {
	if err := directory.CheckList(p, prefix, after, limit); err != nil {
		return nil, "", err
	}
	if after > prefix && !strings.HasPrefix(after, prefix) {
		return nil, "", nil // it comes after all that have the prefix
	}
	in := d.pageOf(p, after, limit)
	unexpired := d.unexpired()
	in.FilterExpression, in.ExpressionAttributeValues[":now"] = &unexpired.expression, unexpired.values[":now"]
	if prefix != "" {
		*in.KeyConditionExpression += " AND begins_with(" + Range + ", :prefix)"
		in.ExpressionAttributeValues[":prefix"] = str(prefix)
	}
	if !strings.HasPrefix(after, prefix) {
		in.ExclusiveStartKey = nil // a query has to begin where it looks
	}
	return d.page(ctx, p, in)
}

// Remains implements directory.Directory. One call is one query.
func (d *Directory) Remains(ctx context.Context, p directory.Part, after string, limit int) ([]directory.Record, string, error) {
	if err := directory.CheckList(p, "", after, limit); err != nil {
		return nil, "", err
	}
	return d.page(ctx, p, d.pageOf(p, after, limit))
}

// pageOf is the query for a part.
func (d *Directory) pageOf(p directory.Part, after string, limit int) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &d.table, ConsistentRead: aws.Bool(!d.relaxed), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression: aws.String(Hash + " = :pk"), ExpressionAttributeValues: item{":pk": str(p.String())},
	}
	if after != "" {
		in.ExclusiveStartKey = key(p.String(), after)
	}
	return in
}

func (d *Directory) page(ctx context.Context, p directory.Part, in *dynamodb.QueryInput) ([]directory.Record, string, error) {
	out, err := d.client.query(ctx, in)
	if err != nil {
		return nil, "", err
	}
	page := make([]directory.Record, len(out.Items))
	for n, i := range out.Items {
		if page[n], err = readRecordItem(p, i); err != nil {
			return nil, "", err
		}
	}
	return page, text(out.LastEvaluatedKey, Range), nil
}

// Apply implements directory.Directory.
//
// It is a transaction also when there is one change only. A plain PutItem would
// be half the price, but has no token: who sends it again, because nobody
// answered, finds his own write and takes it for somebody else's; or finds
// nothing, and cannot tell whether it was he who deleted it; or is overtaken by
// what he sent first, which brings back what others have removed since.
func (d *Directory) Apply(ctx context.Context, changes ...directory.Change) (directory.Version, error) {
	if err := directory.CheckChanges(changes); err != nil {
		return "", err
	}
	version := directory.Version(strings.ToLower(rand.Text()))
	var writes []types.TransactWriteItem
	for _, c := range changes {
		switch x := d.condition(c); {
		case c.Does == directory.Puts:
			writes = append(writes, put(d.table, recordItem(c.Record, version), x))
		case c.Does == directory.Deletes:
			writes = append(writes, remove(d.table, recordKey(c.Key), x))
		case c.If != directory.Always:
			writes = append(writes, check(d.table, recordKey(c.Key), x))
		}
	}
	if len(writes) == 0 {
		return version, nil
	}
	refused, err := d.client.transact(ctx, writes...)
	switch {
	case err != nil:
		return "", err
	case refused != nil:
		return "", directory.ErrConflict
	}
	return version, nil
}

// unexpired is the condition that an item, if it is there, has not expired.
func (d *Directory) unexpired() condition {
	return condition{"(attribute_not_exists(" + Expiry + ") OR " + Expiry + " > :now)", item{":now": moment(d.now())}}
}

// condition is what must hold for a change.
func (d *Directory) condition(c directory.Change) condition {
	x := d.unexpired()
	switch {
	case c.If == directory.Always:
		return condition{}
	case c.If == directory.IfPresent:
		x.expression += " AND attribute_exists(" + Hash + ")"
	case c.If == directory.IfAbsent || c.Version == "":
		x.expression = "attribute_not_exists(" + Hash + ") OR " + Expiry + " <= :now"
	default:
		x.expression += " AND " + attrRecordVersion + " = :version"
		x.values[":version"] = str(string(c.Version))
	}
	return x
}

func recordKey(k directory.Key) item { return key(k.Part.String(), k.Name) }

// recordItem returns the item of a record.
func recordItem(r directory.Record, v directory.Version) item {
	i, value := recordKey(r.Key), r.Value
	if value == nil {
		value = []byte{} // nil is no value for DynamoDB
	}
	i[attrValue], i[attrRecordVersion] = &types.AttributeValueMemberB{Value: value}, str(string(v))
	if !r.Expires.IsZero() {
		i[Expiry] = expiry(r.Expires)
	}
	return i
}

// readRecordItem reads what recordItem wrote.
func readRecordItem(p directory.Part, i item) (directory.Record, error) {
	value, ok := i[attrValue].(*types.AttributeValueMemberB)
	r := directory.Record{
		Key:     directory.Key{Part: p, Name: text(i, Range)},
		Version: directory.Version(text(i, attrRecordVersion)), Expires: instant(i, Expiry),
	}
	if !ok || r.Version == "" {
		return directory.Record{}, errDamaged
	}
	r.Value = value.Value
	return r, nil
}
