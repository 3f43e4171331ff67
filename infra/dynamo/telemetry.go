package dynamo

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/topic"
)

// Telemetry writes and reads events; it implements pubsub.Recorder and
// telemetry.Events. Make it with NewTelemetry. Safe for concurrent use.
type Telemetry struct {
	client *Client
	table  string
}

// NewTelemetry returns the store that lives in the table of class telemetry.
func NewTelemetry(c *Client, table string) *Telemetry { return &Telemetry{c, table} }

// eventParts is how many partitions an application's events are spread over at
// any time; one takes a thousand events a second.
const eventParts = 8

// The attributes of an event's item are named as in its JSON form, but for the
// application and the time, which are in its key.
const (
	attrNode        = "node"
	attrClientIP    = "clientIp"
	attrPublisherIP = "publisherIp"
	attrSize        = "size"
	attrTopic       = "topic"
	attrSubscribers = "subscribers"
)

// Record implements pubsub.Recorder. It always waits for the event to be
// written: on Lambda nothing happens after the answer. The event has an id of
// its own, so that writing it again changes nothing.
func (t *Telemetry) Record(ctx context.Context, r telemetry.Record, _ bool) error {
	id := rand.Text()
	i := key(pkEvents(r.App, topic.Spread(id, eventParts)), stamp(r.At)+"#"+id)
	i[Expiry], i[attrSize], i[attrSubscribers] = expiry(r.Expires), num(r.Size), num(r.Subscribers)
	i[attrNode], i[attrTopic] = str(string(r.Node)), str(string(r.Topic))
	for name, address := range map[string]privacy.Anonymised{attrClientIP: r.ClientIP, attrPublisherIP: r.PublisherIP} {
		if address == (privacy.Anonymised{}) {
			continue
		}
		text, err := address.MarshalText()
		if err != nil {
			return err
		}
		i[name] = str(string(text))
	}
	_, err := t.client.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.table, Item: i})
	return failure(ctx, "PutItem", err)
}

// Each implements telemetry.Events. It reads one partition after the other.
func (t *Telemetry) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	if !from.Before(to) {
		return nil
	}
	for part := range eventParts {
		err := t.client.pages(ctx, &dynamodb.QueryInput{
			TableName: &t.table, ConsistentRead: consistent,
			// What happened at a time is sorted behind the time alone, so the
			// end is not included although BETWEEN includes it.
			KeyConditionExpression:    aws.String(Hash + " = :pk AND " + Range + " BETWEEN :from AND :to"),
			FilterExpression:          aws.String(Expiry + " > :now"),
			ExpressionAttributeValues: item{":pk": str(pkEvents(of, part)), ":from": str(stamp(from)), ":to": str(stamp(to)), ":now": moment(now)},
		}, func(page *dynamodb.QueryOutput) (bool, error) {
			for _, i := range page.Items {
				e, err := readEvent(of, i)
				if err != nil {
					return false, err
				}
				if err := f(e); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func readEvent(of app.ID, i item) (telemetry.Event, error) {
	e := telemetry.Event{
		Node: telemetry.NodeID(text(i, attrNode)), App: of,
		Size: whole(i, attrSize), Topic: privacy.RecordedTopic(text(i, attrTopic)), Subscribers: whole(i, attrSubscribers),
	}
	at, _, _ := strings.Cut(text(i, Range), "#")
	var err error
	if e.At, err = time.Parse(stampLayout, at); err != nil {
		return e, errDamaged
	}
	for name, address := range map[string]*privacy.Anonymised{attrClientIP: &e.ClientIP, attrPublisherIP: &e.PublisherIP} {
		if v := text(i, name); v != "" && address.UnmarshalText([]byte(v)) != nil {
			return e, errDamaged
		}
	}
	return e, nil
}

const stampLayout = "2006-01-02T15:04:05.000000000Z"

// stamp is a time that sorts as text does. What lies beyond the years that
// have four digits is moved to their ends.
func stamp(t time.Time) string {
	t = t.UTC()
	switch year := t.Year(); {
	case year < 0:
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case year > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	}
	return t.Format(stampLayout)
}
