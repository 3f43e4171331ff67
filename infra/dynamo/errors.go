package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/aws/smithy-go"
)

// ErrThrottled is in the chain of errors that say that DynamoDB had too much to
// do, although it was asked again and again: the same call may work later.
// Nothing happened, except that of a removal a part may have.
var ErrThrottled = errors.New("throttled")

// Error is what DynamoDB answered. It holds no key, no item, and none of what
// DynamoDB says in words, because these repeat both.
type Error struct {
	Operation string // "PutItem"
	Code      string // "ResourceNotFoundException"
}

// Error returns both.
func (e *Error) Error() string { return "dynamodb " + e.Operation + ": " + e.Code }

// Is makes ErrThrottled of the codes that mean it.
func (e *Error) Is(target error) bool {
	if target != ErrThrottled {
		return false
	}
	switch e.Code {
	case codeConflict, codeUnprocessed, "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
		"TransactionInProgressException", "LimitExceededException", reasonConflict, reasonThrottled, reasonThroughput:
		return true
	}
	return false
}

// What DynamoDB calls what is looked at here.
const (
	codeConflict    = "TransactionConflictException"
	codeConditional = "ConditionalCheckFailedException"
	codeUnprocessed = "UnprocessedItems"

	reasonConditional = "ConditionalCheckFailed"
	reasonConflict    = "TransactionConflict"
	reasonThrottled   = "ThrottlingError"
	reasonThroughput  = "ProvisionedThroughputExceeded"
)

// failure makes of an error of the SDK one that may leave this package. It is
// nil for nil.
func failure(ctx context.Context, operation string, err error) error {
	var api smithy.APIError
	var dial *net.OpError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("dynamodb %s: %w", operation, ctx.Err())
	case errors.As(err, &api):
		return &Error{operation, api.ErrorCode()}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("dynamodb %s: no answer: %w", operation, context.DeadlineExceeded)
	case errors.As(err, &dial):
		return fmt.Errorf("dynamodb %s: %w", operation, dial)
	}
	return &Error{operation, "NoAnswer"}
}

// conditional reports whether a condition of a single write did not hold.
func conditional(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == codeConditional
}
