package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/infra/dynamo/dynamotest"
	"tacet/infra/local/stream"
	"tacet/infra/sigv4"
)

var (
	local  *dynamotest.Local
	update = flag.Bool("update", false, "write the golden file anew")
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if local, err = dynamotest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	local.Streams = true
	status := m.Run()
	local.Stop()
	os.Exit(status)
}

var credentials = sigv4.Credentials{ID: "local", Secret: "local"}

func db() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: dynamotest.Region, BaseEndpoint: &local.Endpoint,
		Credentials: credentials,
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newTable makes a table whose stream shows everything.
func newTable(t *testing.T, name string) {
	t.Helper()
	_, err := db().CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	must(t, err)
	t.Cleanup(func() {
		_, err := db().DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		must(t, err)
	})
}

// taken is a function that keeps the records it gets, until there are enough.
type taken struct {
	events.DynamoDBEvent
	raw    []byte
	enough int
	done   func()
}

func (f *taken) Invoke(_ context.Context, event []byte) ([]byte, error) {
	var e events.DynamoDBEvent
	d := json.NewDecoder(bytes.NewReader(event))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, err
	}
	f.raw = event
	if f.Records = append(f.Records, e.Records...); len(f.Records) >= f.enough {
		f.done()
	}
	return nil, nil
}

// take runs a mapping until its function has got so many records.
func take(t *testing.T, table string, m stream.Mapping, enough int) *taken {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f := &taken{enough: enough, done: cancel}
	m.Function, m.Poll = f, time.Millisecond
	m.Trouble = func(err error) { t.Error(err) }
	var err error
	m.Source, err = stream.Of(ctx, local.Endpoint, dynamotest.Region, credentials, table)
	must(t, err)
	must(t, m.Run(ctx))
	if len(f.Records) != enough {
		t.Fatalf("%d records, want %d", len(f.Records), enough)
	}
	return f
}

// What differs from run to run.
var varies = regexp.MustCompile(`"(eventID|ApproximateCreationDateTime|SequenceNumber|eventSourceARN)": ?("[^"]*"|[0-9.]+)`)

// Events have the shape that Lambda gives them, whatever is in an item.
func TestEventsLookLikeThoseOfLambda(t *testing.T) {
	newTable(t, "shapes")
	item := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "a"}, "n": &types.AttributeValueMemberN{Value: "1.5"},
		"b": &types.AttributeValueMemberB{Value: []byte("bytes")}, "yes": &types.AttributeValueMemberBOOL{Value: true},
		"none": &types.AttributeValueMemberNULL{Value: true}, "ss": &types.AttributeValueMemberSS{Value: []string{"x"}},
		"ns": &types.AttributeValueMemberNS{Value: []string{"2"}}, "bs": &types.AttributeValueMemberBS{Value: [][]byte{[]byte("y")}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "z"}}},
		"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}},
	}
	put := func() {
		_, err := db().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("shapes"), Item: item})
		must(t, err)
	}
	put()
	put() // changes nothing, and so makes no record
	item["n"] = &types.AttributeValueMemberN{Value: "2"}
	put()
	_, err := db().DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("shapes"), Key: map[string]types.AttributeValue{"pk": item["pk"]}})
	must(t, err)
	f := take(t, "shapes", stream.Mapping{Window: time.Minute, BatchSize: 3}, 3)

	for _, r := range f.Records {
		age := time.Since(r.Change.ApproximateCreationDateTime.Time)
		if age < 0 || age > 2*time.Minute || r.EventID == "" || !strings.HasPrefix(r.EventSourceArn, "arn:aws:dynamodb:") || !strings.Contains(r.EventSourceArn, ":table/shapes/stream/") {
			t.Errorf("%s %s, %v old", r.EventID, r.EventSourceArn, age)
		}
	}
	var pretty bytes.Buffer
	must(t, json.Indent(&pretty, f.raw, "", "  "))
	got := append(varies.ReplaceAll(pretty.Bytes(), []byte(`"$1": "varies"`)), '\n')
	const golden = "testdata/event.json"
	if *update {
		must(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestATableWithoutAStreamHasNone(t *testing.T) {
	names := local.Create(t)
	for _, table := range []string{names["realtime"], "nowhere"} {
		if _, err := stream.Of(t.Context(), local.Endpoint, dynamotest.Region, credentials, table); !errors.Is(err, stream.ErrNoStream) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// What is read again from a shard goes on behind the last record.
func TestAnIteratorGoesOnBehindARecord(t *testing.T) {
	newTable(t, "behind")
	for i := range 3 {
		_, err := db().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("behind"), Item: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(i)}}})
		must(t, err)
	}
	s, err := stream.Of(t.Context(), local.Endpoint, dynamotest.Region, credentials, "behind")
	must(t, err)
	shards, err := s.Shards(t.Context())
	must(t, err)
	if len(shards) != 1 {
		t.Fatalf("there are %d shards", len(shards))
	}
	read := func(after string, latest bool) []stream.Record {
		iterator, err := s.Iterator(t.Context(), shards[0].ID, after, latest)
		must(t, err)
		all, next, err := s.Records(t.Context(), iterator, 2)
		must(t, err)
		if next == "" {
			t.Error("an open shard ends")
		}
		return all
	}
	first := read("", false)
	if len(first) != 2 {
		t.Fatalf("%d records, want 2", len(first))
	}
	if rest := read(first[1].Sequence, true); len(rest) != 1 || rest[0].Sequence <= first[1].Sequence {
		t.Errorf("behind %s there is %+v", first[1].Sequence, rest)
	}
	if rest := read("", true); len(rest) != 0 {
		t.Errorf("behind the latest there is %+v", rest)
	}
}
