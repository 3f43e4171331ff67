package doctor

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"

	"tacet/infra/canary"
	"tacet/infra/canary/atrest"
	"tacet/infra/local/apihost"
	"tacet/infra/local/dynamodb"
	"tacet/infra/local/site"
	"tacet/infra/local/stack"
)

// What the tables of `tacet run --aws` are called, with its own template.
const (
	region        = "us-east-1"
	realtimeTable = "RealtimeTable"
	vaultTable    = "VaultTable"
)

// startDynamo starts a DynamoDB Local that keeps its tables in a folder. It is
// ours, and not the platform's, so that it outlives the platform.
func startDynamo(ctx context.Context, folder string) (*dynamodb.Local, error) {
	from, err := dynamodb.Find(".")
	if err != nil {
		return nil, err
	}
	return dynamodb.Start(ctx, dynamodb.Options{Folder: from, Data: folder, Apart: true})
}

// searchTables looks into the tables, their streams, and the files that they are
// kept in.
func (x *examination) searchTables(ctx context.Context, s *canary.Searcher) error {
	d, err := site.ReadDevelopment(x.data())
	if err != nil {
		return err
	}
	tables := atrest.Tables{Endpoint: x.dynamo.Endpoint, Region: region, Owner: apihost.Caller, Vault: vaultTable, KMS: stack.KMS(d)}
	return errors.Join(
		tables.Look(ctx, s),
		s.Files(atrest.File, x.data(), false, nil),
		s.Files(atrest.TableFile, x.below("dynamodb"), true, nil),
	)
}

// plantItems puts markers into a table, and into its stream with it.
func (x *examination) plantItems(ctx context.Context) error {
	tables := dynamodb.TablesOf(x.dynamo.Endpoint, region, apihost.Caller)
	// Streams hold the keys of what was written, and nothing else.
	gone := hex.EncodeToString([]byte(x.fresh(atrest.Stream, "the key of an item that was removed, in its stream", "hex")))
	return errors.Join(
		tables.Put(ctx, realtimeTable, "z#planted", "item", []byte(x.fresh(atrest.Item, "an item", "as it is"))),
		tables.Put(ctx, "TelemetryTable", "z#planted", gone, []byte("x")),
		tables.Remove(ctx, "TelemetryTable", "z#planted", gone),
		appendTo(filepath.Join(x.below("dynamodb"), "planted"), x.fresh(atrest.TableFile, "a file of DynamoDB Local", "as it is")),
	)
}
