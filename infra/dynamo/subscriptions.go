package dynamo

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Subscribe implements pubsub.Subscriptions. The subscription ends with the
// record of the connection that the caller has.
func (r *Realtime) Subscribe(ctx context.Context, c *pubsub.Connection, n topic.Name, limit int) error {
	here := r.alive()
	here.expression += " AND " + attrApp + " = :app"
	here.values[":app"], here.values[":one"] = str(string(c.App)), num(1)
	if limit > 0 {
		here.expression += " AND " + attrTopics + " < :limit"
		here.values[":limit"] = num(limit)
	}
	own, listed := topicKey(c.ID, n), subscriberKey(c.App, n, c.ID)
	own[Expiry], listed[Expiry] = expiry(c.Expires), expiry(c.Expires)
	refused, err := r.client.transact(ctx,
		update(r.table, key(pkConnection(c.ID), self), "ADD "+attrTopics+" :one, "+attrVersion+" :one", here),
		put(r.table, own, r.absent()),
		put(r.table, listed, condition{}))
	if err != nil || refused == nil {
		return err
	}
	switch was := refused[0].Item; {
	case refused.failed(0) && (!live(was, r.now()) || text(was, attrApp) != string(c.App)):
		return pubsub.ErrNoConnection
	case refused.failed(1):
		return nil
	}
	// It has as many topics as it may, and perhaps this is one of them: nobody
	// promises that a transaction goes on to look after a condition failed.
	i, err := r.client.get(ctx, r.table, topicKey(c.ID, n), true)
	if err == nil && !live(i, r.now()) {
		return pubsub.ErrTooManyTopics
	}
	return err
}

// Unsubscribe implements pubsub.Subscriptions.
func (r *Realtime) Unsubscribe(ctx context.Context, c *pubsub.Connection, n topic.Name) (bool, error) {
	here := r.alive()
	here.expression += " AND " + attrApp + " = :app"
	here.values[":app"], here.values[":one"], here.values[":less"] = str(string(c.App)), num(1), num(-1)
	refused, err := r.client.transact(ctx,
		update(r.table, key(pkConnection(c.ID), self), "ADD "+attrTopics+" :less, "+attrVersion+" :one", here),
		remove(r.table, topicKey(c.ID, n), r.alive()),
		remove(r.table, subscriberKey(c.App, n, c.ID), condition{}))
	return err == nil && refused == nil, err
}

// TopicsOf implements pubsub.Subscriptions.
func (r *Realtime) TopicsOf(ctx context.Context, c *pubsub.Connection) ([]topic.Name, error) {
	found, names, err := r.partition(ctx, c.ID)
	if err != nil || found == nil || found.App != c.App {
		return nil, err
	}
	return names, nil
}

// partition returns a connection and its topics, both nil when it is absent.
func (r *Realtime) partition(ctx context.Context, id wire.ConnID) (*record, []topic.Name, error) {
	var found *record
	var names []topic.Name
	now := r.now()
	err := r.client.pages(ctx, &dynamodb.QueryInput{
		TableName: &r.table, KeyConditionExpression: aws.String(Hash + " = :pk"),
		ExpressionAttributeValues: item{":pk": str(pkConnection(id))}, ConsistentRead: consistent,
	}, func(page *dynamodb.QueryOutput) (_ bool, err error) {
		for _, i := range page.Items {
			sk := text(i, Range)
			switch n, isTopic := strings.CutPrefix(sk, topics); {
			case !live(i, now):
			case isTopic:
				names = append(names, topic.Name(n))
			case sk == self:
				if found, err = readRecord(i); err != nil {
					return false, err
				}
			}
		}
		return found != nil, nil // it is the first; without it the rest is nothing
	})
	if err != nil || found == nil {
		return nil, nil, err
	}
	return found, names, nil
}

// Occupied implements pubsub.Subscriptions. It reads all subscriptions of the
// application.
func (r *Realtime) Occupied(ctx context.Context, of app.ID) ([]pubsub.TopicCount, error) {
	var mu sync.Mutex
	counts := map[topic.Name]int{}
	var all list
	for bucket := range buckets {
		for shard := range topic.Shards {
			all.pks = append(all.pks, pkSubscribers(of, bucket, shard))
		}
	}
	err := inParallel(len(all.pks), func(i int) error {
		return r.client.pages(ctx, r.listed(all, i), func(page *dynamodb.QueryOutput) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, i := range page.Items {
				n, _, _ := strings.Cut(text(i, Range), sep)
				counts[topic.Name(n)]++
			}
			return true, nil
		})
	})
	if err != nil {
		return nil, err
	}
	occupied := make([]pubsub.TopicCount, 0, len(counts))
	for n, count := range counts {
		occupied = append(occupied, pubsub.TopicCount{Topic: n, Subscribers: count})
	}
	slices.SortFunc(occupied, func(a, b pubsub.TopicCount) int { return cmp.Compare(a.Topic, b.Topic) })
	return occupied, nil
}
