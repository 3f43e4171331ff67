package dynamo

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/telemetry"
)

// PutIn writes an event to a part of its application.
func (t *Telemetry) PutIn(ctx context.Context, part int, r telemetry.Record) error {
	return t.put(ctx, part, rand.Text(), r)
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
