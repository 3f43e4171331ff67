package doctor

import (
	"context"

	"tacet/infra/canary"
	"tacet/infra/local/dynamodb"
)

// startDynamo starts a DynamoDB Local that keeps its tables in a folder.
func startDynamo(ctx context.Context, folder string) (*dynamodb.Local, error) {
	return dynamodb.Start(ctx, dynamodb.Options{Data: folder, Apart: true})
}

func (x *examination) searchTables(ctx context.Context, s *canary.Searcher) error { return nil }

func (x *examination) plantItems(ctx context.Context) error { return nil }
