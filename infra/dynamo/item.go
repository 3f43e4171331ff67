package dynamo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/core/wire"
)

// The attributes of a connection's item.
const (
	attrApp      = "app"
	attrSubject  = "who"
	attrGrants   = "may"  // one permission in each line
	attrAddress  = "addr" // anonymised
	attrCountry  = "country"
	attrSince    = "since"
	attrEnds     = "ends"
	attrDeadline = "dead"
	attrDue      = "due" // a part of the index by deadline; absent without one
	attrTopics   = "n"   // how many
	attrVersion  = "v"   // changes whenever its topics do
)

const dueIndex = "due"

var errDamaged = errors.New("the record is damaged")

// moment is t as a decimal number of seconds since 1970, to the nanosecond: a
// store must not change the times it is given. Earlier times are 1970.
func moment(t time.Time) types.AttributeValue {
	if t.Unix() < 0 {
		t = time.Unix(0, 0)
	}
	seconds := fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
	return &types.AttributeValueMemberN{Value: strings.TrimSuffix(strings.TrimRight(seconds, "0"), ".")}
}

// expiry is t in whole seconds, as TTL wants it, rounded down: nothing is
// readable longer than was promised.
func expiry(t time.Time) types.AttributeValue { return num(int(t.Unix())) }

// text returns a string attribute, "" when it is absent.
func text(i item, name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// whole returns a whole number, 0 when it is absent.
func whole(i item, name string) int {
	if n, ok := i[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.Atoi(n.Value)
		return v
	}
	return 0
}

// instant returns what moment wrote, the zero time when it is absent.
func instant(i item, name string) time.Time {
	n, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return time.Time{}
	}
	// There are no zeros at the end.
	seconds, fraction, _ := strings.Cut(n.Value, ".")
	s, _ := strconv.ParseInt(seconds, 10, 64)
	ns, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	return time.Unix(s, ns).UTC()
}

// live reports whether an item may be read at now.
func live(i item, now time.Time) bool { return i != nil && now.Unix() < int64(whole(i, Expiry)) }

// record is a connection's item.
type record struct {
	pubsub.Connection
	version int
}

// attributes returns everything in c's item but its keys and what counts its
// topics. What it leaves out is absent.
func attributes(c *pubsub.Connection) item {
	i := item{
		attrApp: str(string(c.App)), attrSubject: str(string(c.Subject)),
		attrSince: moment(c.ConnectedAt), attrEnds: moment(c.Expires), Expiry: expiry(c.Expires),
	}
	if address, err := c.Address.MarshalText(); err == nil && c.Address.Value() != "" {
		i[attrAddress] = str(string(address))
	}
	if c.Country != "" {
		i[attrCountry] = str(string(c.Country))
	}
	setGrants(i, c.ID, c.Grants, c.Deadline)
	return i
}

// setGrants sets the attributes that Renew changes.
func setGrants(i item, id wire.ConnID, grants grant.Grants, deadline time.Time) {
	if p := grants.Permissions(); len(p) > 0 {
		i[attrGrants] = str(strings.Join(p, "\n"))
	}
	if !deadline.IsZero() {
		i[attrDeadline] = moment(deadline)
		i[attrDue] = str(duePart(topic.Spread(string(id), dueParts)))
	}
}

// readRecord reads what attributes wrote.
func readRecord(i item) (*record, error) {
	r := &record{version: whole(i, attrVersion)}
	r.ID = wire.ConnID(strings.TrimPrefix(text(i, Hash), pkConnection("")))
	r.App, r.Subject = app.ID(text(i, attrApp)), grant.Subject(text(i, attrSubject))
	r.Country = privacy.Country(text(i, attrCountry))
	r.ConnectedAt, r.Expires, r.Deadline = instant(i, attrSince), instant(i, attrEnds), instant(i, attrDeadline)
	if r.ID == "" || r.App == "" || r.Subject == "" {
		return nil, errDamaged
	}
	if may := text(i, attrGrants); may != "" {
		var err error
		if r.Grants, err = grant.NewGrants(strings.Split(may, "\n")); err != nil {
			return nil, errDamaged
		}
	}
	if address := text(i, attrAddress); address != "" && r.Address.UnmarshalText([]byte(address)) != nil {
		return nil, errDamaged
	}
	return r, nil
}
