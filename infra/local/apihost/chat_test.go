package apihost_test

import (
	"context"
	"path/filepath"
	"testing"

	"tacet/infra/local/apihost"
	"tacet/infra/local/dynamodb"
)

// Handlers in Node, an API of AWS::ApiGatewayV2 resources, and its table, in
// the layout of AWS's own first sample.
func TestTheChatTalks(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	database, err := dynamodb.Start(ctx, dynamodb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(database.Stop)
	o := apihost.Options{
		Template: mustRead(t, filepath.Join("testdata", "chat", "template.yaml"), map[string]string{"ConnectionsName": "who_is_here"}),
		DynamoDB: database.Endpoint,
	}
	r := serve(t, o)
	if got := r.Facts(); got.Stage != "Prod" || len(got.Unsupported)+len(got.Warnings) > 0 {
		t.Errorf("%+v", got)
	}
	alice, bob := r.dial("", nil), r.dial("", nil)
	alice.send(`{"action":"sendmessage","data":"hello world"}`)
	for _, c := range []*client{alice, bob} {
		c.expect("hello world")
	}
	alice.send(`{"action":"shout"}`)
	alice.expectError("Forbidden")

	alice.CloseNow()
	tables := dynamodb.NewTables(database.Endpoint)
	until(t, "one is left in the table", func() bool {
		items, err := tables.Scan(ctx, "who_is_here")
		return err == nil && len(items) == 1
	})
	bob.send(`{"action":"sendmessage","data":"anybody?"}`)
	bob.expect("anybody?")

	// The table is there now, and stays as it is.
	serve(t, o).dial("", nil).CloseNow()
}
