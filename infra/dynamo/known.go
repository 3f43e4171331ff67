package dynamo

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// pkKnown is where the applications are listed that have telemetry.
const pkKnown = "x#all"

// noted remembers which applications are listed, for the day.
type noted struct {
	mu   sync.Mutex
	day  time.Time
	apps map[app.ID]bool
}

// seen reports whether an application was noted on the day of now.
func (n *noted) seen(of app.ID, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.apps[of] && n.day.Equal(telemetry.Daily.Start(now))
}

func (n *noted) note(of app.ID, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if day := telemetry.Daily.Start(now); n.apps == nil || !n.day.Equal(day) {
		n.day, n.apps = day, map[app.ID]bool{}
	}
	n.apps[of] = true
}

// Note lists the application of a part as one that has telemetry, if the part
// has an event that can be read: news of it may come when all was erased. It is
// for who is told of every event, and costs nothing more than once a day. Doing
// it again changes nothing.
func (t *Telemetry) Note(ctx context.Context, p telemetry.Part, now time.Time) error {
	if t.noted.seen(p.App, now) {
		return nil
	}
	page, err := t.client.query(ctx, &dynamodb.QueryInput{
		TableName: &t.table, ConsistentRead: consistent, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
		ProjectionExpression: aws.String(Range + ", " + Expiry), KeyConditionExpression: aws.String(Hash + " = :pk"),
		FilterExpression:          aws.String(Expiry + " > :now"),
		ExpressionAttributeValues: item{":pk": str(pkEvents(p.App, p.Number)), ":now": moment(now)},
	})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	at, ok := happened(text(page.Items[0], Range))
	if !ok {
		return errDamaged
	}
	if err := t.list(ctx, p.App, now, instant(page.Items[0], Expiry).Sub(at)); err != nil {
		return err
	}
	t.noted.note(p.App, now)
	return nil
}

// list lists an application until all that is recorded today has ended.
func (t *Telemetry) list(ctx context.Context, of app.ID, now time.Time, retention time.Duration) error {
	i := key(pkKnown, string(of))
	i[Expiry] = listedUntil(now, retention)
	_, err := t.client.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.table, Item: i,
		ConditionExpression:       aws.String("attribute_not_exists(" + Hash + ") OR " + Expiry + " < :exp"),
		ExpressionAttributeValues: item{":exp": i[Expiry]},
	})
	if conditional(err) {
		return nil // what is there ends later
	}
	return failure(ctx, "PutItem", err)
}

// listedUntil is when all that is recorded on the day of now has ended.
func listedUntil(now time.Time, retention time.Duration) types.AttributeValue {
	return expiry(telemetry.Daily.Start(now).Add(time.Duration(telemetry.Daily) + retention))
}

// Known returns the applications that have telemetry, by id. The list is
// eventually consistent.
func (t *Telemetry) Known(ctx context.Context, now time.Time) ([]app.ID, error) {
	var all []app.ID
	err := t.client.pages(ctx, &dynamodb.QueryInput{
		TableName: &t.table, ProjectionExpression: aws.String(Range), KeyConditionExpression: aws.String(Hash + " = :pk"),
		FilterExpression:          aws.String(Expiry + " > :now"),
		ExpressionAttributeValues: item{":pk": str(pkKnown), ":now": moment(now)},
	}, func(page *dynamodb.QueryOutput) (bool, error) {
		for _, i := range page.Items {
			all = append(all, app.ID(text(i, Range)))
		}
		return true, nil
	})
	return all, err
}
