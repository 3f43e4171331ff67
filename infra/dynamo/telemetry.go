package dynamo

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/topic"
)

// Telemetry writes and reads events and what they come to; it implements
// pubsub.Recorder, telemetry.Events, telemetry.Rollups, telemetry.Figures and
// telemetry.Lifetime. Make it with NewTelemetry. Safe for concurrent use.
type Telemetry struct {
	client *Client
	table  string
	noted  noted
}

// NewTelemetry returns the store that lives in the table of class telemetry.
func NewTelemetry(c *Client, table string) *Telemetry { return &Telemetry{client: c, table: table} }

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
	attrTook        = "tookMicros"
	attrCode        = "code" // and attrCountry; what is zero of these three is absent
)

// brief is how long an event is tried to be written that need not be durable:
// some of those that cause one wait to be told why they were refused.
const brief = 2 * time.Second

// Record implements pubsub.Recorder. It always waits for the event to be
// written, but not for long if it need not be durable: on Lambda nothing happens
// after the answer. The event has an id of its own, so that writing it again
// changes nothing.
func (t *Telemetry) Record(ctx context.Context, r telemetry.Record, durable bool) error {
	if !durable {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, brief)
		defer cancel()
	}
	id := rand.Text()
	return t.put(ctx, topic.Spread(id, eventParts), id, r)
}

func (t *Telemetry) put(ctx context.Context, part int, id string, r telemetry.Record) error {
	i, err := eventItem(part, id, r)
	if err != nil {
		return err
	}
	_, err = t.client.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.table, Item: i})
	return failure(ctx, "PutItem", err)
}

func eventItem(part int, id string, r telemetry.Record) (item, error) {
	i := key(pkEvents(r.App, part), stamp(r.At)+"#"+id)
	i[Expiry], i[attrSize], i[attrSubscribers] = expiry(r.Expires), num(r.Size), num(r.Subscribers)
	i[attrNode], i[attrTopic] = str(string(r.Node)), str(string(r.Topic))
	if r.Country != "" {
		i[attrCountry] = str(string(r.Country))
	}
	if r.TookMicros != 0 {
		i[attrTook] = num(int(r.TookMicros))
	}
	if r.Code != 0 {
		i[attrCode] = num(r.Code)
	}
	for name, address := range map[string]privacy.Anonymised{attrClientIP: r.ClientIP, attrPublisherIP: r.PublisherIP} {
		if address == (privacy.Anonymised{}) {
			continue
		}
		text, err := address.MarshalText()
		if err != nil {
			return nil, err
		}
		i[name] = str(string(text))
	}
	return i, nil
}

// Each implements telemetry.Events. It reads one partition after the other.
func (t *Telemetry) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	for part := range eventParts {
		err := t.Records(ctx, telemetry.Part{App: of, Number: part}, from, to, now, func(r telemetry.Record) error { return f(r.Event) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Records implements telemetry.Rollups.
func (t *Telemetry) Records(ctx context.Context, p telemetry.Part, from, to, now time.Time, f func(telemetry.Record) error) error {
	if !from.Before(to) {
		return nil
	}
	// What happened at a time is sorted behind the time alone, so the end is not
	// included although BETWEEN includes it.
	return t.between(ctx, pkEvents(p.App, p.Number), stamp(from), stamp(to), now, func(i item) error {
		r, err := readEvent(p.App, i)
		if err != nil {
			return err
		}
		return f(r)
	})
}

// between calls f for the items of a partition whose sort keys lie between two,
// both included, and that are readable at now, in order.
func (t *Telemetry) between(ctx context.Context, pk, first, last string, now time.Time, f func(item) error) error {
	return t.client.pages(ctx, &dynamodb.QueryInput{
		TableName: &t.table, ConsistentRead: consistent,
		KeyConditionExpression:    aws.String(Hash + " = :pk AND " + Range + " BETWEEN :first AND :last"),
		FilterExpression:          aws.String(Expiry + " > :now"),
		ExpressionAttributeValues: item{":pk": str(pk), ":first": str(first), ":last": str(last), ":now": moment(now)},
	}, func(page *dynamodb.QueryOutput) (bool, error) {
		for _, i := range page.Items {
			if err := f(i); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

func readEvent(of app.ID, i item) (telemetry.Record, error) {
	r := telemetry.Record{Event: telemetry.Event{
		Node: telemetry.NodeID(text(i, attrNode)), App: of,
		Size: whole(i, attrSize), Topic: privacy.RecordedTopic(text(i, attrTopic)), Subscribers: whole(i, attrSubscribers),
		Country: privacy.Country(text(i, attrCountry)), TookMicros: int64(whole(i, attrTook)), Code: whole(i, attrCode),
	}, Expires: time.Unix(int64(whole(i, Expiry)), 0)}
	var ok bool
	if r.At, ok = happened(text(i, Range)); !ok {
		return r, errDamaged
	}
	for name, address := range map[string]*privacy.Anonymised{attrClientIP: &r.ClientIP, attrPublisherIP: &r.PublisherIP} {
		if v := text(i, name); v != "" && address.UnmarshalText([]byte(v)) != nil {
			return r, errDamaged
		}
	}
	return r, nil
}

// happened returns when an event happened, from its sort key.
func happened(sk string) (time.Time, bool) {
	at, _, _ := strings.Cut(sk, "#")
	t, err := time.Parse(stampLayout, at)
	return t, err == nil
}

// PlaceOf returns the part to which the event with these keys belongs, and when
// it happened. It reports whether they are an event's.
func PlaceOf(keys map[string]string) (telemetry.Part, time.Time, bool) {
	hash := keys[Hash]
	of, part, ok := strings.Cut(strings.TrimPrefix(hash, "e#"), "#")
	id, err := app.ParseID(of)
	number, bad := strconv.Atoi(part)
	at, good := happened(keys[Range])
	if !ok || err != nil || bad != nil || !good || number < 0 || hash != pkEvents(id, number) {
		return telemetry.Part{}, time.Time{}, false
	}
	return telemetry.Part{App: id, Number: number}, at, true
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
