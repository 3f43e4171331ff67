package account

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tacet/core/directory"
	"tacet/core/privacy"
)

// KeepActivity is how long a line of the activity log is readable.
const KeepActivity = 365 * 24 * time.Hour

// entryRecord is a line of the log, all of it sealed.
type entryRecord struct {
	Entry []byte `json:"entry"` // sealed: Entry
}

// log returns the change that writes a line of the activity log.
func (c *Caller) log(ctx context.Context, what Action, object string) (directory.Change, error) {
	now := c.s.Now().UTC()
	entry := Entry{At: now, Member: c.Member, What: what, Object: object, Address: c.address(ctx, now)}
	if t := c.Principal.token; t != nil {
		entry.Token = t.ID
	}
	k := c.Key(logName(now, c.s.newID()))
	sealed, err := c.Seal(ctx, k, entry)
	if err != nil {
		return directory.Change{}, err
	}
	value, err := encode(entryRecord{sealed})
	return directory.Put(k, value, now.Add(KeepActivity), directory.IfAbsent), err
}

// address returns what is kept of where the request came from.
func (c *Caller) address(ctx context.Context, now time.Time) privacy.Anonymised {
	// Without a secret of the day it goes on without an address.
	a, _ := c.s.Anonymiser.Anonymise(ctx, c.Principal.address, string(c.Account), privacy.Ipcrypt, now)
	return a
}

// logName sorts lines of the log by time, the newest first.
func logName(at time.Time, id string) string {
	return fmt.Sprintf("%s%016x/%s", logPrefix, math.MaxInt64-at.UnixNano(), id)
}

// LogPrefix is what the names of lines of the log begin with, and of no other
// record of an account.
const LogPrefix = logPrefix

// LoggedAt returns when a line of the log was written, by its record's name. It
// reports whether that is the name of one.
func LoggedAt(name string) (time.Time, bool) {
	text, of := strings.CutPrefix(name, logPrefix)
	text, _, ok := strings.Cut(text, "/")
	left, err := strconv.ParseInt(text, 16, 64)
	if !of || !ok || err != nil || left < 0 {
		return time.Time{}, false
	}
	return time.Unix(0, math.MaxInt64-left).UTC(), true
}

// Activity lists the activity log, the newest first.
func (c *Caller) Activity(ctx context.Context, page Page) ([]Entry, string, error) {
	if err := c.Allow(ReadActivity); err != nil {
		return nil, "", err
	}
	var all []Entry
	next, err := c.s.page(ctx, c.Account.Part(), logPrefix, page, func(r directory.Record) (bool, error) {
		record, err := decode[entryRecord](r)
		if err != nil {
			return false, err
		}
		entry, err := open[Entry](ctx, c, r.Key, record.Entry)
		all = append(all, entry)
		return true, err
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}
