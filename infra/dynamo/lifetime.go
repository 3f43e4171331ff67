package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"tacet/core/app"
)

// stint is after how long a call looks at no more pages. Tests make it zero.
var stint = 3 * time.Second

// sweepItems is how many items a page has: of each part so many are held at a
// time. Tests make it small.
var sweepItems int32 = 500

// place is how far a sweep has come: the kind of partitions that it is at, and
// for each part that is not done the sort key that it goes on after. It is kept
// as text in records that hold no personal data; sort keys hold times and random
// ids.
type place struct {
	Kind string         `json:"kind"`
	Ends map[int]string `json:"ends"`
}

// The kinds of partitions that an application's telemetry lies in, in the order
// in which they are swept: rollups are made of events, so they come after; and last
// what says that there are any.
const (
	sweepsEvents  = "e"
	sweepsRollups = "r"
	sweepsList    = "l"
)

// following is which kind comes after which.
var following = map[string]string{sweepsEvents: sweepsRollups, sweepsRollups: sweepsList}

// partsOf is how many partitions of a kind an application has something in.
var partsOf = map[string]int{sweepsEvents: eventParts, sweepsRollups: eventParts, sweepsList: 1}

// readPlace reads what String wrote. "" is where a sweep begins.
func readPlace(s string) (place, error) {
	if s == "" {
		return beginning(sweepsEvents), nil
	}
	var p place
	if json.Unmarshal([]byte(s), &p) != nil || partsOf[p.Kind] == 0 {
		return place{}, errCursor
	}
	for part := range p.Ends {
		if part < 0 || part >= partsOf[p.Kind] {
			return place{}, errCursor
		}
	}
	return p, nil
}

func beginning(kind string) place {
	p := place{kind, map[int]string{}}
	for part := range partsOf[kind] {
		p.Ends[part] = ""
	}
	return p
}

// after returns where to go on: where p is, or where what follows it begins.
func (p place) after() (next place, more bool) {
	kind, more := following[p.Kind]
	switch {
	case len(p.Ends) > 0:
		return p, true
	case more:
		return beginning(kind), true
	}
	return p, false
}

// String returns p as a cursor; "" when there is nothing left to do.
func (p place) String() string {
	p, more := p.after()
	if !more {
		return ""
	}
	s, err := json.Marshal(p)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	return string(s)
}

// deed does something to a page of items of one partition, and returns how many
// of them it was done to, also when it failed.
type deed func(ctx context.Context, pk string, page []item) (int64, error)

// sweepQuery is what is read of each partition.
type sweepQuery struct {
	holds  string // the attributes that deeds need
	filter *string
	values item
}

// sweep does a deed to every item of an application's partitions, by kind, from
// a place on, for about a stint. It returns to how many it was done, and where
// to go on.
func (t *Telemetry) sweep(ctx context.Context, of app.ID, from string, q sweepQuery, deeds map[string]deed) (int64, string, error) {
	at, err := readPlace(from)
	if err != nil {
		return 0, "", err
	}
	end := time.Now().Add(stint)
	var sum int64
	for more := true; more; at, more = at.after() {
		n, left, err := t.sweepKind(ctx, of, at, q, deeds[at.Kind], end)
		sum += n
		// What was done is not lost because there was too much of it.
		if err != nil && (sum == 0 || !errors.Is(err, ErrThrottled)) {
			return sum, from, err
		}
		at = left
		if err != nil || !time.Now().Before(end) {
			break
		}
	}
	return sum, at.String(), nil
}

// sweepKind does it for the partitions of one kind, all at the same time.
func (t *Telemetry) sweepKind(ctx context.Context, of app.ID, at place, q sweepQuery, does deed, end time.Time) (int64, place, error) {
	var one sync.Mutex
	var sum int64
	left := place{at.Kind, map[int]string{}}
	parts := slices.Sorted(maps.Keys(at.Ends))
	err := inParallel(len(parts), func(i int) error {
		part := parts[i]
		n, after, more, err := t.sweepPart(ctx, of, at.Kind, part, at.Ends[part], q, does, end)
		one.Lock()
		defer one.Unlock()
		if sum += n; more {
			left.Ends[part] = after
		}
		return err
	})
	return sum, left, err
}

// lies returns the partition of a kind, and which sort key alone is meant in it:
// "" means all.
func lies(kind string, of app.ID, part int) (pk, sk string) {
	switch kind {
	case sweepsEvents:
		return pkEvents(of, part), ""
	case sweepsRollups:
		return pkRollups(of, part), ""
	}
	return pkKnown, string(of)
}

// sweepPart does it for one partition, after a sort key, page by page.
func (t *Telemetry) sweepPart(ctx context.Context, of app.ID, kind string, part int, after string, q sweepQuery, does deed, end time.Time) (sum int64, _ string, more bool, _ error) {
	pk, sk := lies(kind, of, part)
	values := maps.Clone(q.values)
	if values == nil {
		values = item{}
	}
	values[":pk"] = str(pk)
	in := &dynamodb.QueryInput{
		TableName: &t.table, ConsistentRead: consistent, Limit: &sweepItems, ProjectionExpression: &q.holds,
		KeyConditionExpression: aws.String(Hash + " = :pk"), FilterExpression: q.filter, ExpressionAttributeValues: values,
	}
	// Minutes go before hours, and these before days: one that is made meanwhile of
	// something that was not stamped anew yet is still to come.
	in.ScanIndexForward = aws.Bool(kind != sweepsRollups)
	if sk != "" {
		*in.KeyConditionExpression += " AND " + Range + " = :sk"
		values[":sk"] = str(sk)
	}
	for {
		if after != "" {
			in.ExclusiveStartKey = key(pk, after)
		}
		page, err := t.client.query(ctx, in)
		if err != nil {
			return sum, after, true, err
		}
		n, err := does(ctx, pk, page.Items)
		if sum += n; err != nil {
			return sum, after, true, err
		}
		if len(page.LastEvaluatedKey) == 0 {
			return sum, "", false, nil
		}
		after = text(page.LastEvaluatedKey, Range)
		if !time.Now().Before(end) {
			return sum, after, true, nil
		}
	}
}

// Erase implements telemetry.Lifetime. Of a rollup that is being written while
// it runs it may leave what is written last: who calls it once more after
// telemetry.Settle leaves nothing.
func (t *Telemetry) Erase(ctx context.Context, of app.ID, from string) (int64, string, error) {
	return t.sweep(ctx, of, from, sweepQuery{holds: Range}, map[string]deed{sweepsEvents: t.erase, sweepsRollups: t.erase, sweepsList: t.erase})
}

// erase deletes items, in as many requests as that takes, one after the other:
// a partition does not take more at a time.
func (t *Telemetry) erase(ctx context.Context, pk string, page []item) (n int64, err error) {
	for keys := range slices.Chunk(page, batchItems) {
		for i := range keys {
			keys[i] = key(pk, text(keys[i], Range))
		}
		if err := t.client.deleteAll(ctx, t.table, keys); err != nil {
			return n, err
		}
		n += int64(len(keys))
	}
	return n, nil
}
