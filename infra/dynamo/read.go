package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// get returns an item, nil when it is absent. Expired ones are still there.
func (c *Client) get(ctx context.Context, table string, k item, consistent bool) (item, error) {
	out, err := c.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: k, ConsistentRead: &consistent})
	if err != nil {
		return nil, failure(ctx, "GetItem", err)
	}
	return out.Item, nil
}

// query reads one page.
func (c *Client) query(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	out, err := c.db.Query(ctx, in)
	return out, failure(ctx, "Query", err)
}

// pages reads page after page until there is none left or f returns false.
func (c *Client) pages(ctx context.Context, in *dynamodb.QueryInput, f func(*dynamodb.QueryOutput) (bool, error)) error {
	for {
		out, err := c.query(ctx, in)
		if err != nil {
			return err
		}
		if more, err := f(out); !more || err != nil || len(out.LastEvaluatedKey) == 0 {
			return err
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// batchItems is how many items one BatchWriteItem can be about.
const batchItems = 25

// deleteAll deletes items, without condition. With an error some of them are.
func (c *Client) deleteAll(ctx context.Context, table string, keys []item) error {
	const operation = "BatchWriteItem"
	var writes []types.WriteRequest
	for attempt := 1; len(keys) > 0 || len(writes) > 0; {
		room := min(batchItems-len(writes), len(keys))
		for _, k := range keys[:room] {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}})
		}
		keys = keys[room:]
		out, err := c.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: writes}})
		if err != nil {
			return failure(ctx, operation, err)
		}
		before := len(writes)
		if writes = out.UnprocessedItems[table]; len(writes) == 0 {
			attempt = 1
			continue
		}
		if len(writes) < before {
			attempt = 1 // it gets on
		}
		if attempt == attempts {
			return &Error{operation, codeUnprocessed}
		}
		if err := pause(ctx, attempt); err != nil {
			return failure(ctx, operation, err)
		}
		attempt++
	}
	return nil
}

// inParallel runs f(0) to f(n-1) at the same time and returns the first of
// their errors, by number.
func inParallel(n int, f func(int) error) error {
	if n == 1 {
		return f(0)
	}
	failed := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { failed[i] = f(i) })
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

var consistent = aws.Bool(true)
