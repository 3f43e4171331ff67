package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
)

// AllowApp is allowApp, for tests of what is behind it.
func (c *Caller) AllowApp(id app.ID) error { return c.allowApp(id) }

// Limits, for tests that reach them.
const (
	MaxOwned, MaxMemberships, MaxMembers = maxOwned, maxMemberships, maxMembers
	MaxInvitations, MaxTokens            = maxInvitations, maxTokens
)

// Tally returns the record of an account's numbers with these in it.
func Tally(id ID, members, owners int) directory.Change {
	value, _ := encode(tallyRecord{Members: members, Owners: owners})
	return directory.Put(keyOf(id, tallyName), value, time.Time{}, directory.Always)
}

// Broken returns what is wrong with the people in a whole directory: nothing,
// whatever has failed.
func Broken(all []directory.Record) []string {
	b := &broken{records: map[directory.Key]directory.Record{}, led: map[directory.Key]bool{}, tallies: map[ID]tallyRecord{}}
	for _, r := range all {
		b.records[r.Key] = r
	}
	for _, r := range all {
		if r.Kind == 'o' {
			b.record(r)
		}
	}
	b.lookups(all)
	for id, tally := range b.tallies {
		kept, err := decode[tallyRecord](b.records[keyOf(id, tallyName)])
		if err != nil || kept != tally || tally.Owners == 0 {
			b.add("%s says that it has %+v, and has %+v", id, kept, tally)
		}
	}
	slices.Sort(b.found)
	return b.found
}

type broken struct {
	records map[directory.Key]directory.Record
	led     map[directory.Key]bool
	tallies map[ID]tallyRecord
	found   []string
}

func (b *broken) add(format string, args ...any) {
	b.found = append(b.found, fmt.Sprintf(format, args...))
}

// record looks at what is true of each record of an account.
func (b *broken) record(r directory.Record) {
	id := ID(r.Part.ID)
	if _, ok := b.records[keyOf(id, accountName)]; !ok {
		b.add("%s is of no account", r.Key)
	}
	lookups, err := Lookups(r)
	if err != nil {
		b.add("%v", err)
	}
	for _, k := range lookups {
		b.led[k] = true
		if _, ok := b.records[k]; !ok {
			b.add("%s is led to by %s, which is not there", r.Key, k)
		}
	}
	switch {
	case strings.HasPrefix(r.Name, memberPrefix):
		m, _ := decode[memberRecord](r)
		tally := b.tallies[id]
		tally.Members++
		tally.Owners += owners("", m.Role)
		b.tallies[id] = tally
	case strings.HasPrefix(r.Name, appPrefix):
		tally := b.tallies[id]
		tally.Apps++
		b.tallies[id] = tally
	case strings.HasPrefix(r.Name, tokenPrefix):
		t, _ := decode[tokenRecord](r)
		m, _ := decode[memberRecord](b.records[keyOf(id, memberPrefix+string(t.Member))])
		held := func(h heldToken) bool {
			return h.ID == strings.TrimPrefix(r.Name, tokenPrefix) && slices.Contains(t.Lookups, bySecret(h.Hash).String()) && h.Expires.Equal(t.Expires)
		}
		if !slices.ContainsFunc(m.Tokens, held) {
			b.add("%s is of a member who does not know of it", r.Key)
		}
	}
}

// lookups looks at whether every lookup is one of a record, and leads there.
func (b *broken) lookups(all []directory.Record) {
	for _, r := range all {
		if !strings.ContainsRune("pis", rune(r.Kind)) || strings.HasPrefix(r.Name, oncePrefix) {
			continue
		}
		if s, _ := decode[secretRecord](r); r.Kind == 's' && s.Token == "" {
			continue // a session that has ended
		}
		if !b.led[r.Key] {
			b.add("%s leads nowhere", r.Key)
		}
		if p, _ := decode[personRecord](r); r.Kind == 'p' {
			if _, ok := b.records[keyOf(ID(r.Name), memberPrefix+string(p.Member))]; !ok {
				b.add("%s leads to a member who is not there", r.Key)
			}
		}
	}
}

// LogName is logName, for tests of who reads names.
var LogName = logName
