package dynamo

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// The attributes of a rollup's item: what is zero is absent. Those from before
// there were digests have none, and are sums alone.
const (
	attrMessages       = "messages"
	attrDeliveries     = "deliveries"
	attrBytes          = "bytes"
	attrDeliveredBytes = "deliveredBytes"
	attrConnections    = "connections"
	attrDisconnections = "disconnections"
	attrErrors         = "errors"
	attrDigest         = "digest"
	attrEvents         = "n"
	attrWhole          = "whole"
)

// figures names the fields of sums.
func figures(s *telemetry.Sums) map[string]*int64 {
	return map[string]*int64{
		attrMessages: &s.Messages, attrDeliveries: &s.Deliveries, attrBytes: &s.Bytes, attrDeliveredBytes: &s.DeliveredBytes,
		attrConnections: &s.Connections, attrDisconnections: &s.Disconnections, attrErrors: &s.Errors,
	}
}

// spans are what the sort keys of rollups begin with.
var spans = map[telemetry.Span]string{telemetry.Minutely: "m#", telemetry.Hourly: "h#", telemetry.Daily: "d#"}

const minuteLayout = "2006-01-02T15:04Z"

func rollupSort(s telemetry.Span, start time.Time) string {
	return spans[s] + start.UTC().Format(minuteLayout)
}

// Closed implements telemetry.Rollups.
func (t *Telemetry) Closed(ctx context.Context, p telemetry.Part) (time.Time, error) {
	page, err := t.client.query(ctx, &dynamodb.QueryInput{
		TableName: &t.table, ConsistentRead: consistent, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
		ProjectionExpression:      aws.String(Range),
		KeyConditionExpression:    aws.String(Hash + " = :pk AND begins_with(" + Range + ", :span)"),
		ExpressionAttributeValues: item{":pk": str(pkRollups(p.App, p.Number)), ":span": str(spans[telemetry.Minutely])},
	})
	if err != nil || len(page.Items) == 0 {
		return time.Time{}, err
	}
	last, err := startOf(telemetry.Minutely, page.Items[0])
	return last.Add(time.Minute), err
}

func startOf(s telemetry.Span, i item) (time.Time, error) {
	start, err := time.Parse(spans[s]+minuteLayout, text(i, Range))
	if err != nil {
		return start, errDamaged
	}
	return start, nil
}

// Kept implements telemetry.Rollups.
func (t *Telemetry) Kept(ctx context.Context, p telemetry.Part, s telemetry.Span, from, to, now time.Time) ([]telemetry.Rollup, error) {
	var all []telemetry.Rollup
	// Every rollup begins with a minute; so those that begin before a time are
	// those that begin with the minute before, or earlier.
	first, last := rollupSort(s, telemetry.Minutely.Start(from.Add(time.Minute-1))), rollupSort(s, to.Add(-1))
	if first > last {
		return nil, nil
	}
	err := t.between(ctx, pkRollups(p.App, p.Number), first, last, now, func(i item) error {
		r, err := readRollup(s, i)
		all = append(all, r)
		return err
	})
	return all, err
}

func readRollup(s telemetry.Span, i item) (telemetry.Rollup, error) {
	r := telemetry.Rollup{Span: s, Whole: instant(i, attrWhole), Expires: instant(i, Expiry)}
	for name, n := range figures(&r.Sums) {
		*n = int64(whole(i, name))
	}
	if rest, ok := i[attrDigest].(*types.AttributeValueMemberB); ok && r.UnmarshalBinary(rest.Value) != nil {
		return r, errDamaged
	}
	var err error
	r.Start, err = startOf(s, i)
	return r, err
}

// Keep implements telemetry.Rollups.
func (t *Telemetry) Keep(ctx context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	i := key(pkRollups(p.App, p.Number), rollupSort(r.Span, r.Start))
	for name, n := range figures(&r.Sums) {
		if *n != 0 {
			i[name] = num(int(*n))
		}
	}
	rest, err := r.MarshalBinary()
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		i[attrDigest] = &types.AttributeValueMemberB{Value: rest}
	}
	events := num(int(r.Events()))
	i[attrEvents], i[attrWhole], i[Expiry] = events, expiry(r.Whole), expiry(r.Expires)
	_, err = t.client.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.table, Item: i,
		ConditionExpression:       aws.String("attribute_not_exists(" + Hash + ") OR " + Expiry + " <= :now OR " + Expiry + " < :exp OR " + attrEvents + " < :n AND " + Expiry + " = :exp"),
		ExpressionAttributeValues: item{":n": events, ":now": moment(now), ":exp": i[Expiry]},
	})
	if conditional(err) {
		return nil // there is a better one
	}
	return failure(ctx, "PutItem", err)
}

// Sum implements telemetry.Figures. It reads all partitions at the same time.
func (t *Telemetry) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	var one sync.Mutex
	return inParallel(eventParts, func(part int) error {
		return telemetry.SumPart(ctx, t, telemetry.Part{App: of, Number: part}, from, to, most, now, func(at time.Time, d *telemetry.Digest) error {
			one.Lock()
			defer one.Unlock()
			return add(at, d)
		})
	})
}
