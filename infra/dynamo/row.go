package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/retention"
)

// row is items of one class in a partition that lie in the order of time.
type row struct {
	class       retention.Class
	client      *Client
	table, pk   string
	first, last string        // between which their sort keys lie
	backwards   bool          // the newest comes first
	alive       string        // the attribute that says until when one may be read
	holds       string        // an attribute that at needs, besides the sort key
	kept        time.Duration // after it happened
	long        time.Duration // how much of what happened is in one
	at          func(item) (time.Time, bool)
	// sort returns the sort key of what happens at a time, and of nothing else.
	// Nil where nobody can tell.
	sort func(time.Time) string
}

// What has ended lies at the beginning until DynamoDB reclaims it, which can be
// two days. Tests make these small.
var (
	// ageItems is how many items a page of a row has.
	ageItems int32 = 1000
	// agePages is how many such pages are looked through. One item comes before.
	agePages = 4
)

// tolerated is how much older than it may be a record is that is looked for behind
// all that has ended.
const tolerated = time.Hour

// age returns how old the oldest item is that can be read, and whether there is
// one.
func (r row) age(ctx context.Context, now time.Time) (retention.Age, bool, error) {
	found, done, err := r.begin(ctx, now)
	if err != nil || done {
		return r.of(found, now, err)
	}
	// It is behind more than is worth reading. What is far too old and can still be
	// read is so because it was not stamped anew, as all that is older was not and
	// all that happened until then: so it is looked for from that end.
	end := now.Add(-r.kept - r.long)
	found, _, err = r.page(ctx, r.query(now, r.first, r.sort(end.Add(-tolerated)), true), ageItems)
	if err != nil || found != nil {
		return r.of(found, now, err)
	}
	found, _, err = r.page(ctx, r.query(now, r.sort(end), r.last, false), ageItems)
	return r.of(found, now, err)
}

// begin looks for the first item that can be read, from the beginning on. It
// reports whether that has come to an end.
func (r row) begin(ctx context.Context, now time.Time) (found item, done bool, err error) {
	in := r.query(now, r.first, r.last, r.backwards)
	limit := int32(1)
	for page := 0; page <= agePages || r.sort == nil && page < 10*agePages; page++ {
		found, in.ExclusiveStartKey, err = r.page(ctx, in, limit)
		if err != nil || found != nil || in.ExclusiveStartKey == nil {
			return found, true, err
		}
		limit = ageItems
	}
	return nil, r.sort == nil, nil
}

// query is for the items that can be read. It is eventually consistent.
func (r row) query(now time.Time, first, last string, backwards bool) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &r.table, ProjectionExpression: aws.String(Range + ", " + r.alive), ScanIndexForward: aws.Bool(!backwards),
		KeyConditionExpression:    aws.String(Hash + " = :pk AND " + Range + " BETWEEN :first AND :last"),
		FilterExpression:          aws.String(r.alive + " > :now"),
		ExpressionAttributeValues: item{":pk": str(r.pk), ":first": str(first), ":last": str(last), ":now": moment(now)},
	}
	if r.holds != "" { // which may be a word of DynamoDB's
		*in.ProjectionExpression += ", #holds"
		in.ExpressionAttributeNames = map[string]string{"#holds": r.holds}
	}
	return in
}

// page returns the first item of a page, nil if there is none, and where the
// page ends, nil if nothing comes after it.
func (r row) page(ctx context.Context, in *dynamodb.QueryInput, limit int32) (found, end item, err error) {
	in.Limit = &limit
	out, err := r.client.query(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	if len(out.LastEvaluatedKey) > 0 {
		end = out.LastEvaluatedKey
	}
	if len(out.Items) > 0 {
		found = out.Items[0]
	}
	return found, end, nil
}

// of is the age of an item; nil is none.
func (r row) of(found item, now time.Time, err error) (retention.Age, bool, error) {
	if err != nil || found == nil {
		return retention.Age{}, false, err
	}
	at, ok := r.at(found)
	if !ok {
		return retention.Age{}, false, errDamaged
	}
	excess := max(0, now.Sub(at)-r.kept-r.long)
	return retention.Age{Class: r.class, Oldest: at, Excess: excess}, true, nil
}
