package dynamotest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/infra/dynamo"
)

// Credentials are what DynamoDB Local takes: anything that looks like some.
var Credentials = dynamo.Credentials{ID: "local", Secret: "local"}

// Region is the one that tests say they are in.
const Region = "eu-central-1"

// Names are the tables that a test has to itself, by class.
type Names map[string]string

var made atomic.Int64

// Create makes all of dynamo.Tables anew, under names that no other test has,
// and drops them when the test ends.
func (l *Local) Create(t testing.TB) Names {
	t.Helper()
	db := l.admin()
	names, n := Names{}, made.Add(1)
	for _, table := range dynamo.Tables {
		name := fmt.Sprintf("%s-%d", table.Class, n)
		if _, err := db.CreateTable(t.Context(), input(table, name)); err != nil {
			t.Fatalf("create %s: %v", name, err)
		}
		t.Cleanup(func() {
			if _, err := db.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
				t.Errorf("drop %s: %v", name, err)
			}
		})
		names[table.Class] = name
	}
	return names
}

// Scan returns every item of a table, as it rests there.
func (l *Local) Scan(t testing.TB, table string) []map[string]types.AttributeValue {
	t.Helper()
	var all []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(l.admin(), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("scan %s: %v", table, err)
		}
		all = append(all, page.Items...)
	}
	return all
}

func (l *Local) admin() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: Region, BaseEndpoint: &l.Endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: Credentials.ID, SecretAccessKey: Credentials.Secret}, nil
		}),
	})
}

func input(table dynamo.Table, name string) *dynamodb.CreateTableInput {
	attribute := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: keys(dynamo.Hash, dynamo.Range),
		AttributeDefinitions: []types.AttributeDefinition{
			attribute(dynamo.Hash, types.ScalarAttributeTypeS), attribute(dynamo.Range, types.ScalarAttributeTypeS),
		},
	}
	for _, x := range table.Indexes {
		in.AttributeDefinitions = append(in.AttributeDefinitions, attribute(x.Hash, types.ScalarAttributeTypeS), attribute(x.Range, types.ScalarAttributeTypeN))
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &x.Name, KeySchema: keys(x.Hash, x.Range),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: x.Holds},
		})
	}
	if table.Stream {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly}
	}
	return in
}
