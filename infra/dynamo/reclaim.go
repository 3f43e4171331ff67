package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/topic"
)

// Reclaim removes what has expired of an application's connections: those that
// ended without a word, for which TTL takes days. Connections that live are not
// touched. Repeating it is no error; so is anything else at the same time.
func (r *Realtime) Reclaim(ctx context.Context, of app.ID) error {
	var members []string
	for part := range topic.Main.Shards() {
		members = append(members, pkMembers(of, part))
	}
	err := inParallel(len(members), func(n int) error {
		return r.over(ctx, members[n], func(expired []item) error {
			// What lists a connection goes last: it says what there is to remove.
			for _, i := range expired {
				if err := r.over(ctx, pkConnection(idIn(text(i, Range))), r.drop(ctx)); err != nil {
					return err
				}
			}
			return r.drop(ctx)(expired)
		})
	})
	if err != nil {
		return err
	}
	var subscribers []string
	for bucket := range buckets {
		for shard := range topic.Main.Shards() {
			subscribers = append(subscribers, pkSubscribers(of, bucket, shard))
		}
	}
	return inParallel(len(subscribers), func(n int) error { return r.over(ctx, subscribers[n], r.drop(ctx)) })
}

// over calls f with the keys of the items of a partition that have expired, some
// at a time.
func (r *Realtime) over(ctx context.Context, pk string, f func([]item) error) error {
	return r.client.pages(ctx, &dynamodb.QueryInput{
		TableName: &r.table, ConsistentRead: consistent, ProjectionExpression: aws.String(Hash + ", " + Range),
		KeyConditionExpression: aws.String(Hash + " = :pk"), FilterExpression: aws.String(Expiry + " <= :now"),
		ExpressionAttributeValues: item{":pk": str(pk), ":now": moment(r.now())},
	}, func(page *dynamodb.QueryOutput) (bool, error) { return true, f(page.Items) })
}

func (r *Realtime) drop(ctx context.Context) func([]item) error {
	return func(keys []item) error { return r.client.deleteAll(ctx, r.table, keys) }
}
