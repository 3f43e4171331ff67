package dynamo

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
)

// Call is an operation that a store asks of DynamoDB.
type Call struct {
	Operation string // "TransactWriteItems"
	Table     string
	Index     string // "" is the table itself
	// Actions are what a role must be allowed for it, without "dynamodb:". A
	// transaction needs those of its parts.
	Actions []string
}

// Writes reports whether the operation writes.
func (c Call) Writes() bool { return c.Operation != "GetItem" && c.Operation != "Query" }

func reporter(called func(Call)) middleware.InitializeMiddleware {
	return middleware.InitializeMiddlewareFunc("tacet call", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		called(callOf(in.Parameters))
		return next.HandleInitialize(ctx, in)
	})
}

// callOf knows every operation that this package uses; an unknown one has no
// name, which no policy allows.
func callOf(parameters any) Call {
	one := func(operation string, table *string) Call {
		return Call{Operation: operation, Table: deref(table), Actions: []string{operation}}
	}
	switch p := parameters.(type) {
	case *dynamodb.GetItemInput:
		return one("GetItem", p.TableName)
	case *dynamodb.PutItemInput:
		return one("PutItem", p.TableName)
	case *dynamodb.UpdateItemInput:
		return one("UpdateItem", p.TableName)
	case *dynamodb.DeleteItemInput:
		return one("DeleteItem", p.TableName)
	case *dynamodb.QueryInput:
		c := one("Query", p.TableName)
		c.Index = deref(p.IndexName)
		return c
	case *dynamodb.BatchWriteItemInput:
		for table := range p.RequestItems {
			return one("BatchWriteItem", &table)
		}
	case *dynamodb.TransactWriteItemsInput:
		return transactionOf(p)
	}
	return Call{}
}

func transactionOf(p *dynamodb.TransactWriteItemsInput) Call {
	c, actions := Call{Operation: "TransactWriteItems"}, map[string]bool{}
	for _, i := range p.TransactItems {
		switch {
		case i.Put != nil:
			c.Table, actions["PutItem"] = deref(i.Put.TableName), true
		case i.Update != nil:
			c.Table, actions["UpdateItem"] = deref(i.Update.TableName), true
		case i.Delete != nil:
			c.Table, actions["DeleteItem"] = deref(i.Delete.TableName), true
		case i.ConditionCheck != nil:
			c.Table, actions["ConditionCheckItem"] = deref(i.ConditionCheck.TableName), true
		}
	}
	c.Actions = slices.Sorted(maps.Keys(actions))
	return c
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
