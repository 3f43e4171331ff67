package dynamo

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// refusal says of each write of a transaction that did not happen whether its
// condition failed, and what the item was if it was asked for and there.
type refusal []types.CancellationReason

// failed reports whether the condition of the i-th write failed.
func (r refusal) failed(i int) bool {
	return i < len(r) && aws.ToString(r[i].Code) == reasonConditional
}

// transact does all writes or none. It returns a refusal when a condition did
// not hold. What collides with other transactions, or is throttled, is tried
// again; under one token, so that what failed and happened happens once.
func (c *Client) transact(ctx context.Context, writes ...types.TransactWriteItem) (refusal, error) {
	const operation = "TransactWriteItems"
	in := &dynamodb.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: aws.String(rand.Text())}
	for attempt := 1; ; attempt++ {
		_, err := c.db.TransactWriteItems(ctx, in)
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) {
			return nil, failure(ctx, operation, err)
		}
		again := ""
		for i, reason := range canceled.CancellationReasons {
			switch code := aws.ToString(reason.Code); {
			case refusal(canceled.CancellationReasons).failed(i):
				return canceled.CancellationReasons, nil
			case code == reasonConflict, code == reasonThrottled, code == reasonThroughput:
				again = code
			case code != "" && code != "None":
				return nil, &Error{operation, code}
			}
		}
		if again == "" || attempt == attempts {
			return nil, &Error{operation, again}
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, failure(ctx, operation, err)
		}
	}
}

// condition is an expression that must hold, with its values. "" holds.
type condition struct {
	expression string
	values     item
}

func (x condition) text() *string {
	if x.expression == "" {
		return nil
	}
	return &x.expression
}

// put, update, remove and check are parts of a transaction. The item that a failed
// condition was about comes back with the refusal.
func put(table string, i item, x condition) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &table, Item: i, ConditionExpression: x.text(), ExpressionAttributeValues: x.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func update(table string, k item, expression string, x condition) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &table, Key: k, UpdateExpression: &expression, ConditionExpression: x.text(), ExpressionAttributeValues: x.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func remove(table string, k item, x condition) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &table, Key: k, ConditionExpression: x.text(), ExpressionAttributeValues: x.values,
	}}
}

func check(table string, k item, x condition) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &table, Key: k, ConditionExpression: x.text(), ExpressionAttributeValues: x.values,
	}}
}
