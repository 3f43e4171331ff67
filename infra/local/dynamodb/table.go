package dynamodb

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/infra/sigv4"
)

// Table is what a table looks like, as far as DynamoDB Local cares.
type Table struct {
	Name    string
	Key     Key
	Indexes []Index // global secondary ones
	// Stream is what the stream shows of each change, as in "NEW_IMAGE"; ""
	// is no stream.
	Stream string
	// Expiry is the attribute by which items expire; "" is none.
	Expiry string
}

// Key is the primary key of a table or an index.
type Key struct {
	Hash  Attribute
	Range Attribute // the zero value is none
}

// Attribute is an attribute of a key.
type Attribute struct {
	Name string
	Type string // S, N or B
}

// Index is a global secondary index.
type Index struct {
	Name string
	Key  Key
	// Projection is ALL, KEYS_ONLY or INCLUDE; Holds is what it includes.
	Projection string
	Holds      []string
}

// Tables makes, drops and reads tables, as an administrator does. NewTables
// makes it.
type Tables struct{ db *dynamodb.Client }

// NewTables returns what makes tables in the DynamoDB Local at an endpoint that
// Start has started, where they are the same for every region and whoever asks.
func NewTables(endpoint string) Tables { return TablesOf(endpoint, "local", "administrator") }

// TablesOf is NewTables for any DynamoDB Local, where each region and access
// key id has tables of its own, unless it was started with -sharedDb.
func TablesOf(endpoint, region, keyID string) Tables {
	return Tables{dynamodb.New(dynamodb.Options{
		Region: region, BaseEndpoint: &endpoint,
		Credentials: sigv4.Credentials{ID: keyID, Secret: "none"},
	})}
}

// Create makes a table.
func (t Tables) Create(ctx context.Context, table Table) error {
	if _, err := t.db.CreateTable(ctx, table.input()); err != nil {
		return fmt.Errorf("create table %s: %w", table.Name, err)
	}
	if table.Expiry == "" {
		return nil
	}
	_, err := t.db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &table.Name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &table.Expiry, Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("let items of table %s expire: %w", table.Name, err)
	}
	return nil
}

// Names returns the tables that there are.
func (t Tables) Names(ctx context.Context) ([]string, error) {
	var names []string
	pages := dynamodb.NewListTablesPaginator(t.db, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the tables: %w", err)
		}
		names = append(names, page.TableNames...)
	}
	return names, nil
}

// Drop drops a table.
func (t Tables) Drop(ctx context.Context, name string) error {
	if _, err := t.db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
		return fmt.Errorf("drop table %s: %w", name, err)
	}
	return nil
}

// Scan returns every item of a table, as it rests there.
func (t Tables) Scan(ctx context.Context, name string) ([]map[string]types.AttributeValue, error) {
	var all []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{TableName: &name, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("scan table %s: %w", name, err)
		}
		all = append(all, page.Items...)
	}
	return all, nil
}

// Put puts an item with the keys pk and sk, and one value, into a table.
func (t Tables) Put(ctx context.Context, name, pk, sk string, value []byte) error {
	item := keyOf(pk, sk)
	item["val"] = &types.AttributeValueMemberB{Value: value}
	if _, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
		return fmt.Errorf("put an item into table %s: %w", name, err)
	}
	return nil
}

// Remove removes such an item.
func (t Tables) Remove(ctx context.Context, name, pk, sk string) error {
	if _, err := t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: keyOf(pk, sk)}); err != nil {
		return fmt.Errorf("remove an item of table %s: %w", name, err)
	}
	return nil
}

func keyOf(pk, sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}

func (t Table) input() *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &t.Name, BillingMode: types.BillingModePayPerRequest, KeySchema: t.Key.schema()}
	defined := map[string]bool{}
	define := func(k Key) {
		for _, a := range []Attribute{k.Hash, k.Range} {
			if a.Name != "" && !defined[a.Name] {
				defined[a.Name] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions,
					types.AttributeDefinition{AttributeName: &a.Name, AttributeType: types.ScalarAttributeType(a.Type)})
			}
		}
	}
	define(t.Key)
	for _, x := range t.Indexes {
		define(x.Key)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &x.Name, KeySchema: x.Key.schema(),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(x.Projection), NonKeyAttributes: x.Holds},
		})
	}
	if t.Stream != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream)}
	}
	return in
}

func (k Key) schema() []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: &k.Hash.Name, KeyType: types.KeyTypeHash}}
	if k.Range.Name != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: &k.Range.Name, KeyType: types.KeyTypeRange})
	}
	return schema
}
