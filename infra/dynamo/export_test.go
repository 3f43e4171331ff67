package dynamo

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// PutIn writes an event to a part of its application.
func (t *Telemetry) PutIn(ctx context.Context, part int, r telemetry.Record) error {
	return t.put(ctx, part, rand.Text(), r)
}

// PutMany writes n events, as many at a time as one request takes and a few of
// these at once, in turn to each part of the application.
func (t *Telemetry) PutMany(ctx context.Context, n int, of func(i int) telemetry.Record) error {
	return inParallel(eventParts, func(part int) error {
		for first := part; first < n; first += eventParts * batchItems {
			var writes []types.WriteRequest
			for i := first; i < n && len(writes) < batchItems; i += eventParts {
				event, err := eventItem(part, rand.Text(), of(i))
				if err != nil {
					return err
				}
				writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: event}})
			}
			for len(writes) > 0 {
				out, err := t.client.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.table: writes}})
				if err != nil {
					return failure(ctx, "BatchWriteItem", err)
				}
				writes = out.UnprocessedItems[t.table]
			}
		}
		return nil
	})
}

// Sweeping makes pages of sweeps so small while a test runs, and each call look
// at one of each part.
func Sweeping(t testing.TB, items int32) {
	was, long := sweepItems, stint
	sweepItems, stint = items, 0
	t.Cleanup(func() { sweepItems, stint = was, long })
}

// Aging makes pages of what ages are looked for on so small while a test runs, and
// turns of so many applications.
func Aging(t *testing.T, items int32, apps int) {
	was, each := ageItems, appsEach
	ageItems, appsEach = items, apps
	t.Cleanup(func() { ageItems, appsEach = was, each })
}

// Paging makes pages of audiences so small while a test runs.
func Paging(t *testing.T, items int32) {
	was := pageItems
	pageItems = items
	t.Cleanup(func() { pageItems = was })
}

// Strict makes larger quotas than that estimated ones while a test runs.
func Strict(t *testing.T, quota int) {
	was := strict
	strict = quota
	t.Cleanup(func() { strict = was })
}

// Remembered returns how many connections r knows.
func Remembered(r *Rates) int { return len(r.full) }

// PutItem writes an item as it is.
func PutItem(ctx context.Context, c *Client, table string, i map[string]types.AttributeValue) error {
	_, err := c.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: i})
	return err
}

// DeleteItem deletes an item.
func DeleteItem(ctx context.Context, c *Client, table, pk, sk string) error {
	return c.deleteAll(ctx, table, []item{key(pk, sk)})
}

// EventParts is how many parts an application's events are in.
const EventParts = eventParts

// InParallel calls f for each of n, all at the same time.
var InParallel = inParallel

// Known returns the days whose secrets the process remembers.
func (s *Secrets) Known() []privacy.Day {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.known))
}
