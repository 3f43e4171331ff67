package dynamo

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// stamps is how many items of one part are stamped at a time: a partition takes
// a thousand a second.
const stamps = 4

// stamper is one call of Restamp.
type stamper struct {
	t         *Telemetry
	retention time.Duration
	now       time.Time
}

// Restamp implements telemetry.Lifetime. Events go first, then the rollups that
// count them, then for how long it is listed that there are any; see the package
// comment.
func (t *Telemetry) Restamp(ctx context.Context, of app.ID, retention time.Duration, now time.Time, from string) (int64, string, error) {
	s := stamper{t, retention, now}
	readable := sweepQuery{
		holds:  Range + ", " + Expiry + ", " + attrWhole,
		filter: aws.String(Expiry + " > :now"), values: item{":now": moment(now)},
	}
	return t.sweep(ctx, of, from, readable, map[string]deed{sweepsEvents: s.events, sweepsRollups: s.rollups, sweepsList: s.listed})
}

// events lets events end retention after they happened. Those that have ended
// then are deleted, which costs no more than saying so.
func (s stamper) events(ctx context.Context, pk string, page []item) (int64, error) {
	var ended, others []item
	var n atomic.Int64
	for _, i := range page {
		at, ok := happened(text(i, Range))
		if !ok {
			return 0, errDamaged
		}
		switch end := at.Add(s.retention).Unix(); {
		case end <= s.now.Unix():
			ended = append(ended, i)
		case end != int64(whole(i, Expiry)):
			i[Expiry] = num(int(end))
			others = append(others, i)
		default:
			n.Add(1)
		}
	}
	gone, err := s.t.erase(ctx, pk, ended)
	if n.Add(gone); err != nil {
		return n.Load(), err
	}
	err = each(others, func(i item) error {
		// One that was deleted meanwhile must not come back.
		x := condition{Expiry + " > :now", item{":now": moment(s.now)}}
		did, err := s.set(ctx, key(pk, text(i, Range)), item{Expiry: i[Expiry]}, x)
		if did {
			n.Add(1)
		}
		return err
	})
	return n.Load(), err
}

// rollups lets rollups end when their events do now. One of which an event has
// ended already is not whole again, however long the others last. One that is
// kept anew meanwhile was made of events that have their new ends.
func (s stamper) rollups(ctx context.Context, pk string, page []item) (int64, error) {
	return 0, each(page, func(i item) error {
		span, start, err := spanOf(i)
		if err != nil {
			return err
		}
		set := item{Expiry: expiry(start.Add(time.Duration(span) + s.retention)), attrWhole: i[attrWhole]}
		if s.now.Before(instant(i, attrWhole)) {
			set[attrWhole] = expiry(start.Add(s.retention))
		}
		if whole(set, Expiry) == whole(i, Expiry) && whole(set, attrWhole) == whole(i, attrWhole) {
			return nil
		}
		same := condition{Expiry + " = :ended AND " + attrWhole + " = :was", item{":ended": i[Expiry], ":was": i[attrWhole]}}
		_, err = s.set(ctx, key(pk, text(i, Range)), set, same)
		return err
	})
}

// listed lets it be known as long that the application has telemetry as what is
// recorded today lasts now.
func (s stamper) listed(ctx context.Context, pk string, page []item) (int64, error) {
	return 0, each(page, func(i item) error {
		until := listedUntil(s.now, s.retention)
		if whole(i, Expiry) == whole(item{Expiry: until}, Expiry) {
			return nil
		}
		there := condition{Expiry + " = :was", item{":was": i[Expiry]}}
		_, err := s.set(ctx, key(pk, text(i, Range)), item{Expiry: until}, there)
		return err
	})
}

// spanOf returns what time a rollup is of.
func spanOf(i item) (telemetry.Span, time.Time, error) {
	for span, begins := range spans {
		if strings.HasPrefix(text(i, Range), begins) {
			start, err := startOf(span, i)
			return span, start, err
		}
	}
	return 0, time.Time{}, errDamaged
}

// set changes attributes of an item, and reports whether the condition held.
func (s stamper) set(ctx context.Context, k, attributes item, x condition) (bool, error) {
	_, err := s.t.client.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.t.table, Key: k, UpdateExpression: aws.String(assign(attributes, x.values)),
		ConditionExpression: &x.expression, ExpressionAttributeValues: x.values,
	})
	if conditional(err) {
		return false, nil
	}
	return err == nil, failure(ctx, "UpdateItem", err)
}

// each calls f for every item, a few at a time.
func each(items []item, f func(item) error) error {
	return inParallel(min(stamps, len(items)), func(first int) error {
		for n := first; n < len(items); n += stamps {
			if err := f(items[n]); err != nil {
				return err
			}
		}
		return nil
	})
}
