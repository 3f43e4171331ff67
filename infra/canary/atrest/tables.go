package atrest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/directory"
	"tacet/infra/canary"
	"tacet/infra/dynamo"
	"tacet/infra/local/dynamodb"
	"tacet/infra/local/stream"
	"tacet/infra/sigv4"
	"tacet/infra/vault"
)

// Tables is a DynamoDB that a platform keeps its tables in.
type Tables struct {
	Endpoint, Region, Owner string
	// Vault is the name of the table of data keys, "" if there is none; KMS
	// unwraps what is in it.
	Vault string
	KMS   http.Handler
}

// Look looks into every attribute of every item of every table, opens what is
// sealed in them, and reads every stream from where it still begins.
func (t Tables) Look(ctx context.Context, s *canary.Searcher) error {
	tables := dynamodb.TablesOf(t.Endpoint, t.Region, t.Owner)
	names, err := tables.Names(ctx)
	if err != nil {
		return err
	}
	items := map[string][]map[string]types.AttributeValue{}
	for _, name := range names {
		if items[name], err = tables.Scan(ctx, name); err != nil {
			return err
		}
		if err := t.stream(ctx, s, name); err != nil {
			return err
		}
	}
	opened, err := t.seals(ctx, items[t.Vault])
	if err != nil {
		return err
	}
	for _, name := range names {
		for _, item := range items[name] {
			key := keyOf(item)
			place := canary.Place{Sort: Item, Name: name + " " + key, Look: "aws dynamodb get-item --table-name " + name}
			s.Bytes(place, flat(item))
			if value, ok := item["val"].(*types.AttributeValueMemberB); ok {
				opened.look(s, OpenItem, key, place.Look, value.Value)
			}
		}
	}
	return nil
}

// keyOf returns the key of an item, as that of a record of the directory.
func keyOf(item map[string]types.AttributeValue) string {
	var parts []string
	for _, name := range []string{"pk", "sk"} {
		if s, ok := item[name].(*types.AttributeValueMemberS); ok {
			parts = append(parts, s.Value)
		}
	}
	return strings.Join(parts, "#")
}

// flat returns all that is in an item, names of attributes too, one after the
// other, as it is.
func flat(item map[string]types.AttributeValue) (b []byte) {
	for _, name := range slices.Sorted(maps.Keys(item)) {
		b = append(append(b, name...), 0)
		b = append(appendValue(b, item[name]), 0)
	}
	return b
}

func appendValue(b []byte, v types.AttributeValue) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return append(b, v.Value...)
	case *types.AttributeValueMemberN:
		return append(b, v.Value...)
	case *types.AttributeValueMemberB:
		return append(b, v.Value...)
	case *types.AttributeValueMemberM:
		return append(b, flat(v.Value)...)
	case *types.AttributeValueMemberL:
		for _, one := range v.Value {
			b = append(appendValue(b, one), 0)
		}
	case *types.AttributeValueMemberSS:
		return append(b, strings.Join(v.Value, "\x00")...)
	case *types.AttributeValueMemberNS:
		return append(b, strings.Join(v.Value, "\x00")...)
	case *types.AttributeValueMemberBS:
		for _, one := range v.Value {
			b = append(append(b, one...), 0)
		}
	}
	return b
}

// stream looks into all that a table's stream still has, if it has one.
func (t Tables) stream(ctx context.Context, s *canary.Searcher, table string) error {
	source, err := stream.Of(ctx, t.Endpoint, t.Region, t.credentials(), table)
	if errors.Is(err, stream.ErrNoStream) {
		return nil
	}
	if err != nil {
		return err
	}
	shards, err := source.Shards(ctx)
	if err != nil {
		return err
	}
	for _, shard := range shards {
		iterator, err := source.Iterator(ctx, shard.ID, "", false)
		// An open shard has no end: one without records is its end for now.
		for empty := 0; err == nil && iterator != "" && empty < 3; {
			var records []stream.Record
			if records, iterator, err = source.Records(ctx, iterator, 1000); len(records) == 0 {
				empty++
			}
			for _, r := range records {
				s.Bytes(canary.Place{Sort: Stream, Name: table + ", record " + r.Sequence, Look: "aws dynamodbstreams get-records"}, r.JSON)
			}
		}
		if err != nil {
			return fmt.Errorf("read the stream of %s: %w", table, err)
		}
	}
	return nil
}

func (t Tables) credentials() sigv4.Credentials {
	return sigv4.Credentials{ID: t.Owner, Secret: "none"}
}

// seals returns what opens what is sealed with the keys in a table, which lie
// wrapped by KMS.
func (t Tables) seals(ctx context.Context, keys []map[string]types.AttributeValue) (*seals, error) {
	masters := map[string]bool{}
	for _, item := range keys {
		var wrapped struct{ Master string }
		if value, ok := item["val"].(*types.AttributeValueMemberB); ok && json.Unmarshal(value.Value, &wrapped) == nil {
			masters[strings.TrimPrefix(wrapped.Master, "kms:")] = true
		}
	}
	if len(masters) == 0 {
		return &seals{}, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: t.KMS, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // until it is closed
	defer func() { _ = server.Close() }()
	return newSeals(ctx, vault.Options{
		Directory: t.directory(), Now: time.Now,
		Master: vault.NewKMS(vault.KMSOptions{Region: t.Region, Endpoint: "http://" + l.Addr().String(), Credentials: t.credentials(), Keys: slices.Sorted(maps.Keys(masters))}),
	})
}

// directory returns the records in the table of data keys.
func (t Tables) directory() directory.Directory {
	return dynamo.NewDirectory(dynamo.NewClient(dynamo.Options{
		Region: t.Region, Endpoint: t.Endpoint, Credentials: dynamo.Credentials{ID: t.Owner, Secret: "none"},
	}), t.Vault, time.Now)
}
