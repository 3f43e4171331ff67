package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/ledger"
)

// Ledger keeps administrative requests; it implements ledger.Ledger. Nothing in
// it updates or deletes an item; see the package comment for the rights that it
// needs. Make it with NewLedger. Safe for concurrent use.
type Ledger struct {
	client *Client
	table  string
	now    func() time.Time
}

// NewLedger returns the store that lives in the table of class ledger. now is
// the clock by which entries end.
func NewLedger(c *Client, table string, now func() time.Time) *Ledger { return &Ledger{c, table, now} }

// The attributes of an entry, the head and what says where the entries of a
// request are. An entry's number is its sort key.
const (
	attrSeq         = "seq"
	attrHash        = "hash"
	attrBefore      = "before"
	attrAt          = "at"
	attrRequest     = "request"
	attrWho         = "who"
	attrKind        = "kind"
	attrStage       = "stage"
	attrCertificate = "cert"
)

const (
	pkLedgerHead = "h#all"
	pkEntries    = "l#all"
)

func pkRequest(r ledger.RequestID) string { return "q#" + string(r) }

// entrySort sorts as numbers do.
func entrySort(seq int64) string { return fmt.Sprintf("%019d", seq) }

// crowd is how many others may have appended while a call tries to.
const crowd = 50

// Append implements ledger.Ledger. The entry, that it is the last one now, and
// where to find it are written together, if the last one is still the one that
// it follows, and if there is none of its request and stage.
func (l *Ledger) Append(ctx context.Context, e ledger.Entry) error {
	const head, entry, place = 0, 1, 2
	for round := 1; round <= crowd; round++ {
		last, err := l.head(ctx)
		if err != nil {
			return err
		}
		next, err := ledger.Follow(last, e)
		if err != nil {
			return err
		}
		refused, err := l.client.transact(ctx,
			put(l.table, headItem(next), isHead(last)),
			put(l.table, entryItem(next), absent()),
			put(l.table, placeItem(next), absent()))
		switch {
		case err != nil:
			return err
		case refused == nil, refused.failed(place):
			return nil
		case refused.failed(entry) && !refused.failed(head):
			return errDamaged // there is one after the last
		}
		if err := pause(ctx, round); err != nil {
			return failure(ctx, "TransactWriteItems", err)
		}
	}
	return errBusy
}

func absent() condition { return condition{expression: "attribute_not_exists(" + Hash + ")"} }

// head returns what is known of the last entry of all, which may have ended.
func (l *Ledger) head(ctx context.Context) (ledger.Entry, error) {
	i, err := l.client.get(ctx, l.table, key(pkLedgerHead, self), true)
	if err != nil || i == nil {
		return ledger.Entry{}, err
	}
	return ledger.Entry{Seq: int64(whole(i, attrSeq)), Hash: text(i, attrHash), At: instant(i, attrAt)}, nil
}

// isHead is the condition that last still is the last entry.
func isHead(last ledger.Entry) condition {
	if last.Seq == 0 {
		return absent()
	}
	return condition{attrSeq + " = :seq", item{":seq": num(int(last.Seq))}}
}

func headItem(e ledger.Entry) item {
	i := key(pkLedgerHead, self)
	i[attrSeq], i[attrHash], i[attrAt] = num(int(e.Seq)), str(e.Hash), moment(e.At)
	return i
}

func placeItem(e ledger.Entry) item {
	i := key(pkRequest(e.Request), string(e.Stage))
	i[attrSeq], i[Expiry] = num(int(e.Seq)), expiry(e.Ends())
	return i
}

func entryItem(e ledger.Entry) item {
	i := key(pkEntries, entrySort(e.Seq))
	i[attrAt], i[Expiry] = moment(e.At), expiry(e.Ends())
	i[attrRequest], i[attrWho], i[attrKind], i[attrStage] = str(string(e.Request)), str(e.Who), str(string(e.Kind)), str(string(e.Stage))
	i[attrBefore], i[attrHash] = str(e.Before), str(e.Hash)
	if e.Certificate != nil {
		i[attrCertificate] = &types.AttributeValueMemberB{Value: e.Certificate}
	}
	return i
}

func readEntry(i item) (ledger.Entry, error) {
	seq, err := strconv.ParseInt(text(i, Range), 10, 64)
	if err != nil {
		return ledger.Entry{}, errDamaged
	}
	e := ledger.Entry{
		Seq: seq, At: instant(i, attrAt), Request: ledger.RequestID(text(i, attrRequest)), Who: text(i, attrWho),
		Kind: ledger.Kind(text(i, attrKind)), Stage: ledger.Stage(text(i, attrStage)),
		Before: text(i, attrBefore), Hash: text(i, attrHash),
	}
	if certificate, ok := i[attrCertificate].(*types.AttributeValueMemberB); ok {
		e.Certificate = certificate.Value
	}
	return e, nil
}

// Entries implements ledger.Ledger.
func (l *Ledger) Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
	var found []ledger.Entry
	in := l.readable(Hash+" = :pk AND "+Range+" > :after", item{":pk": str(pkEntries), ":after": str(entrySort(max(after, 0)))})
	in.Limit = aws.Int32(int32(max(limit, 1)))
	err := l.client.pages(ctx, in, func(page *dynamodb.QueryOutput) (bool, error) {
		for _, i := range page.Items {
			if len(found) >= limit {
				return false, nil
			}
			e, err := readEntry(i)
			if err != nil {
				return false, err
			}
			found = append(found, e)
		}
		return len(found) < limit, nil
	})
	return found, err
}

// Of implements ledger.Ledger. It costs a query, and a read for each entry.
func (l *Ledger) Of(ctx context.Context, r ledger.RequestID) ([]ledger.Entry, error) {
	var places []item
	err := l.client.pages(ctx, l.readable(Hash+" = :pk", item{":pk": str(pkRequest(r))}), func(page *dynamodb.QueryOutput) (bool, error) {
		places = append(places, page.Items...)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	found := make([]ledger.Entry, len(places))
	err = inParallel(len(places), func(n int) error {
		i, err := l.client.get(ctx, l.table, key(pkEntries, entrySort(int64(whole(places[n], attrSeq)))), true)
		switch {
		case err != nil:
			return err
		case i == nil:
			return errDamaged // it ends when its place does
		}
		found[n], err = readEntry(i)
		return err
	})
	slices.SortFunc(found, func(a, b ledger.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return found, err
}

// readable is a query for what has not ended.
func (l *Ledger) readable(keys string, values item) *dynamodb.QueryInput {
	values[":now"] = moment(l.now())
	return &dynamodb.QueryInput{
		TableName: &l.table, ConsistentRead: consistent, KeyConditionExpression: &keys,
		FilterExpression: aws.String(Expiry + " > :now"), ExpressionAttributeValues: values,
	}
}
