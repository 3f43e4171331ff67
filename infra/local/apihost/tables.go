package apihost

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tacet/infra/local/dynamodb"
	"tacet/infra/local/template"
)

// tablesTime is how long making the tables may take.
const tablesTime = time.Minute

// makeTables makes those tables of the template that DynamoDB Local does not
// have yet. Those that it has keep what is in them.
func (h *Host) makeTables() error {
	ctx, cancel := context.WithTimeout(context.Background(), tablesTime)
	defer cancel()
	tables := dynamodb.TablesOf(h.opts.DynamoDB, h.opts.Template.Region, Caller)
	there, err := tables.Names(ctx)
	if err != nil {
		return fmt.Errorf("nobody answers at --dynamodb %s: is DynamoDB Local running? (%w)", h.opts.DynamoDB, err)
	}
	for _, t := range h.opts.Template.Tables {
		if err := t.Problems.Err(); err != nil {
			return misused("the table %s cannot be made:\n%v", t.ID, err)
		}
		if slices.Contains(there, t.Name) {
			continue
		}
		if err := tables.Create(ctx, Table(t)); err != nil {
			return fmt.Errorf("the table %s: %w", t.ID, err)
		}
	}
	return nil
}

// Table returns a table as DynamoDB Local has it.
func Table(t *template.Table) dynamodb.Table {
	made := dynamodb.Table{Name: t.Name, Key: key(t.Key), Stream: t.Stream, Expiry: t.Expiry}
	for _, i := range t.Indexes {
		made.Indexes = append(made.Indexes, dynamodb.Index{Name: i.Name, Key: key(i.Key), Projection: i.Projection, Holds: i.Holds})
	}
	return made
}

func key(k template.Key) dynamodb.Key {
	return dynamodb.Key{Hash: dynamodb.Attribute(k.Hash), Range: dynamodb.Attribute(k.Range)}
}
