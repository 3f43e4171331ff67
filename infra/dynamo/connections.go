package dynamo

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/wire"
)

// Realtime keeps connections and subscriptions; it implements
// pubsub.Connections, Subscriptions and Audience. Make it with NewRealtime.
// Safe for concurrent use.
type Realtime struct {
	client *Client
	table  string
	now    func() time.Time
	counts estimates // for quotas
	open   estimates // for events
}

// NewRealtime returns the stores that live in the table of class realtime. now
// is the clock by which records expire.
func NewRealtime(c *Client, table string, now func() time.Time) *Realtime {
	return &Realtime{client: c, table: table, now: now}
}

// alive is the condition that an item is there and has not expired.
func (r *Realtime) alive() condition {
	return condition{Expiry + " > :now", item{":now": moment(r.now())}}
}

// absent is the condition that it is not.
func (r *Realtime) absent() condition {
	return condition{"attribute_not_exists(" + Hash + ") OR " + Expiry + " <= :now", item{":now": moment(r.now())}}
}

// rounds is how often a call begins anew because somebody else changed the same
// connection meanwhile.
const rounds = 10

// errBusy is returned after that; nobody was ever seen to get there.
var errBusy = &Error{"TransactWriteItems", codeConflict}

// Add implements pubsub.Connections.
func (r *Realtime) Add(ctx context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	for range rounds {
		old, err := r.insert(ctx, c)
		if err != nil {
			return err
		}
		if old == nil {
			return r.within(ctx, c, q)
		}
		if old.App == c.App && old.Subject == c.Subject {
			replaced, err := r.replace(ctx, c)
			if replaced || err != nil {
				return err
			}
			continue
		}
		if _, err := r.Remove(ctx, c.ID); err != nil && !errors.Is(err, pubsub.ErrNoConnection) {
			return err
		}
	}
	return errBusy
}

// insert adds c, or returns the record that is there already.
func (r *Realtime) insert(ctx context.Context, c *pubsub.Connection) (*record, error) {
	i := attributes(c)
	i[Hash], i[Range] = str(pkConnection(c.ID)), str(self)
	i[attrTopics], i[attrVersion] = num(0), num(0)
	refused, err := r.client.transact(ctx, put(r.table, i, r.absent()), r.member(c))
	if err != nil || refused == nil {
		return nil, err
	}
	return readRecord(refused[0].Item)
}

// member is the write that lists c among the connections of its application.
func (r *Realtime) member(c *pubsub.Connection) types.TransactWriteItem {
	i := memberKey(c.App, c.Subject, c.ID)
	i[Expiry] = expiry(c.Expires)
	return put(r.table, i, condition{})
}

// replace changes the record of a connection of the same application and
// subject, and reports whether there was one.
func (r *Realtime) replace(ctx context.Context, c *pubsub.Connection) (bool, error) {
	x := r.alive()
	x.expression += " AND " + attrApp + " = :" + attrApp + " AND " + attrSubject + " = :" + attrSubject
	expression := assign(attributes(c), x.values, attrAddress, attrCountry, attrGrants, attrDeadline, attrDue)
	refused, err := r.client.transact(ctx, update(r.table, key(pkConnection(c.ID), self), expression, x), r.member(c))
	return refused == nil, err
}

// assign returns the expression that sets attributes and removes those named
// in optional that are absent; the values go where it says.
func assign(set, values item, optional ...string) string {
	expression, separator := "SET ", ""
	for name, value := range set {
		expression += separator + name + " = :" + name
		values[":"+name] = value
		separator = ", "
	}
	remove, separator := "", " REMOVE "
	for _, name := range optional {
		if set[name] == nil {
			remove += separator + name
			separator = ", "
		}
	}
	if len(set) == 0 {
		expression = ""
	}
	return expression + remove
}

// Get implements pubsub.Connections.
func (r *Realtime) Get(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	i, err := r.client.get(ctx, r.table, key(pkConnection(id), self), true)
	if err != nil {
		return nil, err
	}
	if !live(i, r.now()) {
		return nil, pubsub.ErrNoConnection
	}
	found, err := readRecord(i)
	if err != nil {
		return nil, err
	}
	return &found.Connection, nil
}

// Renew implements pubsub.Connections.
func (r *Realtime) Renew(ctx context.Context, id wire.ConnID, grants grant.Grants, deadline time.Time) error {
	set, x := item{}, r.alive()
	setGrants(set, id, grants, deadline)
	_, err := r.client.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &r.table, Key: key(pkConnection(id), self),
		UpdateExpression:    aws.String(assign(set, x.values, attrGrants, attrDeadline, attrDue)),
		ConditionExpression: &x.expression, ExpressionAttributeValues: x.values,
	})
	if conditional(err) {
		return pubsub.ErrNoConnection
	}
	return failure(ctx, "UpdateItem", err)
}

// Remove implements pubsub.Connections. Subscriptions go first, so that one
// that dies in the middle leaves a connection that can be removed again; what
// is subscribed to meanwhile changes the record's version, and it begins anew.
func (r *Realtime) Remove(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	for range rounds {
		found, topics, err := r.partition(ctx, id)
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, pubsub.ErrNoConnection
		}
		var listed, own []item
		for _, n := range topics {
			listed, own = append(listed, subscriberKey(found.App, n, id)), append(own, topicKey(id, n))
		}
		// The own ones say what there is to delete, so they come after.
		if err := r.client.deleteAll(ctx, r.table, listed); err != nil {
			return nil, err
		}
		if err := r.client.deleteAll(ctx, r.table, own); err != nil {
			return nil, err
		}
		removed, err := r.erase(ctx, found)
		if removed || err != nil {
			return &found.Connection, err
		}
	}
	return nil, errBusy
}

// erase deletes the record and what lists it, unless its topics have changed
// or it is not there, and reports whether it did.
func (r *Realtime) erase(ctx context.Context, c *record) (bool, error) {
	same := condition{attrVersion + " = :v", item{":v": num(c.version)}}
	refused, err := r.client.transact(ctx,
		remove(r.table, key(pkConnection(c.ID), self), same),
		remove(r.table, memberKey(c.App, c.Subject, c.ID), condition{}))
	return refused == nil, err
}

// dueParts is how many parts the index by deadline has, for all applications
// together; one takes the deadlines of a thousand connects a second.
const dueParts = 4

func duePart(i int) string { return strconv.Itoa(i) }

// Due implements pubsub.Connections. The index is eventually consistent: what
// was added a moment ago may be missing.
func (r *Realtime) Due(ctx context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	if !after.Before(until) {
		return nil, nil
	}
	parts := make([][]*pubsub.Connection, dueParts)
	x := r.alive()
	err := inParallel(dueParts, func(part int) error {
		return r.client.pages(ctx, &dynamodb.QueryInput{
			TableName: &r.table, IndexName: aws.String(dueIndex),
			KeyConditionExpression: aws.String(attrDue + " = :due AND " + attrDeadline + " BETWEEN :after AND :until"),
			FilterExpression:       &x.expression,
			ExpressionAttributeValues: item{
				":due": str(duePart(part)), ":after": moment(after), ":until": moment(until), ":now": x.values[":now"],
			},
		}, func(page *dynamodb.QueryOutput) (bool, error) {
			for _, i := range page.Items {
				c, err := readRecord(i)
				if err != nil {
					return false, err
				}
				if c.Deadline.After(after) { // BETWEEN includes it
					parts[part] = append(parts[part], &c.Connection)
				}
			}
			return true, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(parts...), nil
}
