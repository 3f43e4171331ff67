package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"tacet/infra/sigv4"
)

// DynamoDB is where streams are. It is a source when it has found one.
type DynamoDB struct {
	streams *dynamodbstreams.Client
	region  string
	arn     string
}

// Of returns the stream of a table, at an endpoint that serves DynamoDB and its
// streams, or ErrNoStream.
func Of(ctx context.Context, endpoint, region string, c sigv4.Credentials, table string) (*DynamoDB, error) {
	streams := dynamodbstreams.New(dynamodbstreams.Options{
		Region: region, BaseEndpoint: &endpoint, Credentials: c,
	})
	out, err := streams.ListStreams(ctx, &dynamodbstreams.ListStreamsInput{TableName: &table})
	switch {
	case err != nil:
		return nil, said("list streams", err)
	case len(out.Streams) == 0:
		return nil, ErrNoStream
	}
	// The others were switched off, or are those of tables of that name that are
	// gone.
	newest := slices.MaxFunc(out.Streams, func(a, b types.Stream) int {
		return strings.Compare(aws.ToString(a.StreamLabel), aws.ToString(b.StreamLabel))
	})
	return &DynamoDB{streams, region, aws.ToString(newest.StreamArn)}, nil
}

// Shards implements Source.
func (d *DynamoDB) Shards(ctx context.Context) ([]Shard, error) {
	var all []Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &d.arn}
	for {
		out, err := d.streams.DescribeStream(ctx, in)
		if err != nil {
			return nil, said("describe a stream", err)
		}
		for _, s := range out.StreamDescription.Shards {
			all = append(all, Shard{aws.ToString(s.ShardId), aws.ToString(s.ParentShardId)})
		}
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return all, nil
		}
	}
}

// Iterator implements Source.
func (d *DynamoDB) Iterator(ctx context.Context, shard, after string, latest bool) (string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &d.arn, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	switch {
	case after != "":
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &after
	case latest:
		in.ShardIteratorType = types.ShardIteratorTypeLatest
	}
	out, err := d.streams.GetShardIterator(ctx, in)
	if err != nil {
		return "", said("ask for a shard", err)
	}
	return aws.ToString(out.ShardIterator), nil
}

// Records implements Source.
func (d *DynamoDB) Records(ctx context.Context, iterator string, limit int) ([]Record, string, error) {
	out, err := d.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: &iterator, Limit: aws.Int32(int32(limit))})
	if err != nil {
		return nil, "", said("read a shard", err)
	}
	all := make([]Record, 0, len(out.Records))
	for _, r := range out.Records {
		body, err := json.Marshal(d.event(r))
		if err != nil {
			return nil, "", fmt.Errorf("encode a record: %w", err)
		}
		all = append(all, Record{aws.ToString(r.Dynamodb.SequenceNumber), aws.ToTime(r.Dynamodb.ApproximateCreationDateTime), body})
	}
	return all, aws.ToString(out.NextShardIterator), nil
}

// said makes an error of the SDK one of this package, where it has a name for
// it.
func said(what string, err error) error {
	var expired *types.ExpiredIteratorException
	var trimmed *types.TrimmedDataAccessException // "obtain a new one": what it points to is gone
	var none *types.ResourceNotFoundException
	switch {
	case errors.As(err, &expired), errors.As(err, &trimmed):
		return ErrExpired
	case errors.As(err, &none):
		return ErrNoStream
	}
	return fmt.Errorf("%s: %w", what, err)
}

// event returns a record as it stands in an event.
func (d *DynamoDB) event(r types.Record) events.DynamoDBEventRecord {
	c := r.Dynamodb
	e := events.DynamoDBEventRecord{
		AWSRegion: d.region, EventID: aws.ToString(r.EventID), EventName: string(r.EventName),
		EventSource: aws.ToString(r.EventSource), EventVersion: aws.ToString(r.EventVersion), EventSourceArn: d.arn,
		Change: events.DynamoDBStreamRecord{
			ApproximateCreationDateTime: events.SecondsEpochTime{Time: aws.ToTime(c.ApproximateCreationDateTime)},
			Keys:                        attributes(c.Keys), NewImage: attributes(c.NewImage), OldImage: attributes(c.OldImage),
			SequenceNumber: aws.ToString(c.SequenceNumber), SizeBytes: aws.ToInt64(c.SizeBytes), StreamViewType: string(c.StreamViewType),
		},
	}
	if r.UserIdentity != nil {
		e.UserIdentity = &events.DynamoDBUserIdentity{Type: aws.ToString(r.UserIdentity.Type), PrincipalID: aws.ToString(r.UserIdentity.PrincipalId)}
	}
	return e
}

func attributes(i map[string]types.AttributeValue) map[string]events.DynamoDBAttributeValue {
	if len(i) == 0 {
		return nil
	}
	all := make(map[string]events.DynamoDBAttributeValue, len(i))
	for name, v := range i {
		all[name] = attribute(v)
	}
	return all
}

func attribute(v types.AttributeValue) events.DynamoDBAttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return events.NewStringAttribute(v.Value)
	case *types.AttributeValueMemberN:
		return events.NewNumberAttribute(v.Value)
	case *types.AttributeValueMemberB:
		return events.NewBinaryAttribute(v.Value)
	case *types.AttributeValueMemberBOOL:
		return events.NewBooleanAttribute(v.Value)
	case *types.AttributeValueMemberSS:
		return events.NewStringSetAttribute(v.Value)
	case *types.AttributeValueMemberNS:
		return events.NewNumberSetAttribute(v.Value)
	case *types.AttributeValueMemberBS:
		return events.NewBinarySetAttribute(v.Value)
	case *types.AttributeValueMemberM:
		return events.NewMapAttribute(attributes(v.Value))
	case *types.AttributeValueMemberL:
		all := make([]events.DynamoDBAttributeValue, 0, len(v.Value))
		for _, x := range v.Value {
			all = append(all, attribute(x))
		}
		return events.NewListAttribute(all)
	}
	return events.NewNullAttribute()
}
