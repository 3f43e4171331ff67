// Package dynamotest makes the tables of package dynamo in DynamoDB Local, for
// tests.
//
// It promises each test tables that no other has, dropped when it ends.
package dynamotest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/infra/dynamo"
	"tacet/infra/local/dynamodb"
)

// Credentials are what DynamoDB Local takes: anything that looks like some.
var Credentials = dynamo.Credentials{ID: "local", Secret: "local"}

// Region is the one that tests say they are in.
const Region = "eu-central-1"

// Names are the tables that a test has to itself, by class.
type Names map[string]string

// Local is a DynamoDB Local to make tables in.
type Local struct {
	*dynamodb.Local
	// Streams says whether tables have the streams that they have on AWS. Few
	// tests read them, and each record in one makes DynamoDB Local slower.
	Streams bool
	tables  dynamodb.Tables
}

// Start starts the DynamoDB Local that the project keeps. The caller stops it.
func Start() (*Local, error) {
	l, err := dynamodb.Start(context.Background(), dynamodb.Options{})
	if err != nil {
		return nil, err
	}
	return &Local{Local: l, tables: dynamodb.NewTables(l.Endpoint)}, nil
}

var made atomic.Int64

// Create makes those of dynamo.Tables anew that have these classes, or all,
// under names that no other test has, and drops them when the test ends.
func (l *Local) Create(t testing.TB, classes ...string) Names {
	t.Helper()
	names, n := Names{}, made.Add(1)
	for _, of := range dynamo.Tables {
		if len(classes) > 0 && !slices.Contains(classes, of.Class) {
			continue
		}
		name := fmt.Sprintf("%s-%d", of.Class, n)
		made := table(of, name)
		if of.Stream && l.Streams {
			made.Stream = "KEYS_ONLY"
		}
		if err := l.tables.Create(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := l.tables.Drop(context.Background(), name); err != nil {
				t.Error(err)
			}
		})
		names[of.Class] = name
	}
	return names
}

// Scan returns every item of a table, as it rests there.
func (l *Local) Scan(t testing.TB, table string) []map[string]types.AttributeValue {
	t.Helper()
	all, err := l.tables.Scan(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// table says what the table is called, and what it looks like. Nothing expires
// by itself: tests have clocks of their own.
func table(of dynamo.Table, name string) dynamodb.Table {
	key := func(hash, sort, kind string) dynamodb.Key {
		return dynamodb.Key{Hash: dynamodb.Attribute{Name: hash, Type: "S"}, Range: dynamodb.Attribute{Name: sort, Type: kind}}
	}
	t := dynamodb.Table{Name: name, Key: key(dynamo.Hash, dynamo.Range, "S")}
	for _, x := range of.Indexes {
		t.Indexes = append(t.Indexes, dynamodb.Index{Name: x.Name, Key: key(x.Hash, x.Range, "N"), Projection: "INCLUDE", Holds: x.Holds})
	}
	return t
}
