package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// list is where connections are listed: partitions, and what the sort keys in
// them begin with. A connection's id is what a sort key ends with.
type list struct {
	pks    []string
	prefix string
}

func subscribers(of app.ID, n topic.Name) list {
	l := list{prefix: string(n) + sep}
	for shard := range n.Shards() {
		l.pks = append(l.pks, pkSubscribers(of, bucketOf(n), shard))
	}
	return l
}

func members(of app.ID) list {
	var l list
	for part := range topic.Main.Shards() {
		l.pks = append(l.pks, pkMembers(of, part))
	}
	return l
}

// Subscribers implements pubsub.Audience.
func (r *Realtime) Subscribers(ctx context.Context, of app.ID, n topic.Name, from pubsub.Cursor) (pubsub.Page, error) {
	return r.page(ctx, subscribers(of, n), from)
}

// OfSubject implements pubsub.Audience.
func (r *Realtime) OfSubject(ctx context.Context, of app.ID, who grant.Subject, from pubsub.Cursor) (pubsub.Page, error) {
	return r.page(ctx, list{[]string{pkMembers(of, partOf(who))}, string(who) + sep}, from)
}

// OfApp implements pubsub.Audience.
func (r *Realtime) OfApp(ctx context.Context, of app.ID, from pubsub.Cursor) (pubsub.Page, error) {
	return r.page(ctx, members(of), from)
}

// pageItems bounds what is held at a time of each shard: about 400 kB as it
// comes, a few times as much when it is read. Tests make it small.
var pageItems int32 = 4096

// listed is the query for the live part of a list in one of its partitions.
func (r *Realtime) listed(l list, i int) *dynamodb.QueryInput {
	x := r.alive()
	in := &dynamodb.QueryInput{
		TableName: &r.table, KeyConditionExpression: aws.String(Hash + " = :pk"), FilterExpression: &x.expression,
		ProjectionExpression: aws.String(Range), ExpressionAttributeValues: x.values, ConsistentRead: consistent,
	}
	x.values[":pk"] = str(l.pks[i])
	if l.prefix != "" {
		*in.KeyConditionExpression += " AND begins_with(" + Range + ", :prefix)"
		x.values[":prefix"] = str(l.prefix)
	}
	return in
}

var errCursor = errors.New("that is no cursor of this store")

// page reads the next page of every shard that has one, all at the same time.
// A cursor says where each of these ended: shard number to sort key, as JSON.
func (r *Realtime) page(ctx context.Context, l list, from pubsub.Cursor) (pubsub.Page, error) {
	ends := map[int]string{}
	if from == "" {
		for i := range l.pks {
			ends[i] = ""
		}
	} else if json.Unmarshal([]byte(from), &ends) != nil {
		return pubsub.Page{}, errCursor
	}
	var shards []int
	for i := range ends {
		if i < 0 || i >= len(l.pks) {
			return pubsub.Page{}, errCursor
		}
		shards = append(shards, i)
	}
	slices.Sort(shards)
	ids, next := make([][]wire.ConnID, len(shards)), make([]string, len(shards))
	err := inParallel(len(shards), func(i int) (err error) {
		ids[i], next[i], err = r.shard(ctx, l, shards[i], ends[shards[i]])
		return err
	})
	if err != nil {
		return pubsub.Page{}, err
	}
	page := pubsub.Page{IDs: slices.Concat(ids...)}
	clear(ends)
	for i, end := range next {
		if end != "" {
			ends[shards[i]] = end
		}
	}
	if len(ends) > 0 {
		cursor, err := json.Marshal(ends)
		if err != nil {
			return pubsub.Page{}, err
		}
		page.Next = pubsub.Cursor(cursor)
	}
	return page, nil
}

// shard reads one page of one partition, after a sort key, and returns where
// it ended; "" when there is no more.
func (r *Realtime) shard(ctx context.Context, l list, i int, after string) ([]wire.ConnID, string, error) {
	in := r.listed(l, i)
	in.Limit = &pageItems
	if after != "" {
		in.ExclusiveStartKey = key(l.pks[i], after)
	}
	out, err := r.client.query(ctx, in)
	if err != nil {
		return nil, "", err
	}
	ids := make([]wire.ConnID, len(out.Items))
	for i, found := range out.Items {
		ids[i] = idIn(text(found, Range))
	}
	return ids, text(out.LastEvaluatedKey, Range), nil
}
