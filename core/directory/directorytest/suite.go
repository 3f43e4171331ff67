package directorytest

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tacet/core/directory"
)

// Open returns an empty directory that lives by a clock, for one test.
type Open func(t *testing.T, now func() time.Time) directory.Directory

// begin is so far away that no store reclaims by its own clock what has not
// expired by ours.
var begin = time.Date(2100, 3, 14, 12, 0, 0, 0, time.UTC)

// The parts of tests.
var (
	part  = directory.Part{Kind: 'o', ID: "11111111111111111111111111111111"}
	other = directory.Part{Kind: 'o', ID: "22222222222222222222222222222222"}
	twin  = directory.Part{Kind: 'p', ID: part.ID}
)

// Test holds a directory against the contract of directory.Directory.
func Test(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*shelf)
	}{
		{"a record is read as it was put", (*shelf).attributes},
		{"what is absent is said to be", (*shelf).absent},
		{"a version changes with the record and never comes again", (*shelf).versions},
		{"a condition holds or nothing happens", (*shelf).conditions},
		{"what was read is replaced or removed if it is still that", (*shelf).readings},
		{"changes happen together or not at all", (*shelf).together},
		{"as many changes as are allowed happen at once", (*shelf).most},
		{"what can never work is refused, and changes nothing", (*shelf).refused},
		{"whatever a key may be is a key of its own", (*shelf).keys},
		{"a list is of one part, by name", (*shelf).listed},
		{"a list goes on where it stopped", (*shelf).paged},
		{"a list of large values is whole", (*shelf).heavy},
		{"an expired record is absent from every answer", (*shelf).expired},
		{"an expired record gives way", (*shelf).replaced},
		{"a list passes over expired records", (*shelf).gaps},
		{"what remains can be removed to the last record", (*shelf).remains},
		{"of those who replace one version one wins", (*shelf).raceVersion},
		{"of those who make one record one wins", (*shelf).raceAbsent},
		{"nothing is lost among those who read again", (*shelf).raceCount},
		{"records that change together are equal at the end", (*shelf).raceTogether},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &shelf{T: t, time: begin}
			s.d = open(t, s.now)
			c.test(s)
		})
	}
}

// shelf is one test of the suite.
type shelf struct {
	*testing.T
	d directory.Directory

	mu   sync.Mutex
	time time.Time
}

func (s *shelf) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time
}

func (s *shelf) at(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time = t
}

func key(name string) directory.Key { return directory.Key{Part: part, Name: name} }

func put(name, value string) directory.Change {
	return directory.Put(key(name), []byte(value), time.Time{}, directory.Always)
}

// apply makes changes that must succeed.
func (s *shelf) apply(changes ...directory.Change) directory.Version {
	s.Helper()
	v, err := s.d.Apply(s.Context(), changes...)
	if err != nil {
		s.Fatalf("Apply: %v", err)
	}
	return v
}

// conflict makes changes that must not happen.
func (s *shelf) conflict(changes ...directory.Change) {
	s.Helper()
	if _, err := s.d.Apply(s.Context(), changes...); !errors.Is(err, directory.ErrConflict) {
		s.Errorf("Apply: %v, want a conflict", err)
	}
}

func (s *shelf) get(k directory.Key) directory.Record {
	s.Helper()
	r, err := s.d.Get(s.Context(), k)
	if err != nil {
		s.Fatalf("Get %s: %v", k, err)
	}
	return r
}

func (s *shelf) wantAbsent(k directory.Key) {
	s.Helper()
	if r, err := s.d.Get(s.Context(), k); !errors.Is(err, directory.ErrAbsent) {
		s.Errorf("Get %s: %v, %v, want none", k, r, err)
	}
}

func (s *shelf) wantValue(k directory.Key, value string) {
	s.Helper()
	if r, err := s.d.Get(s.Context(), k); err != nil || string(r.Value) != value {
		s.Errorf("Get %s: %q, %v, want %q", k, r.Value, err, value)
	}
}

// all returns the whole list of a part, made of pages of a size.
func (s *shelf) all(p directory.Part, prefix, after string, size int) []directory.Record {
	s.Helper()
	var all []directory.Record
	for range 10_000 {
		page, next, err := s.d.List(s.Context(), p, prefix, after, size)
		if err != nil {
			s.Fatalf("List: %v", err)
		}
		if len(page) > size {
			s.Fatalf("a page of %d records, not more than %d were asked for", len(page), size)
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		if next <= after {
			s.Fatalf("List after %q goes on after %q: that has no end", after, next)
		}
		after = next
	}
	s.Fatal("List has no end")
	return nil
}

func (s *shelf) wantNames(p directory.Part, prefix, after string, size int, want ...string) {
	s.Helper()
	got := names(s.all(p, prefix, after, size))
	if !slices.Equal(got, want) {
		s.Errorf("those that begin with %q and come after %q, by %d:\n%q, want\n%q", prefix, after, size, got, want)
	}
}

func names(records []directory.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, r.Name)
	}
	return all
}

func (s *shelf) wantSame(got, want directory.Record) {
	s.Helper()
	if got.Key != want.Key || got.Version != want.Version || !got.Expires.Equal(want.Expires) || !bytes.Equal(got.Value, want.Value) {
		s.Errorf("%s has version %q, expiry %v and %d bytes, want %s, %q, %v and %d", got.Key, got.Version, got.Expires, len(got.Value),
			want.Key, want.Version, want.Expires, len(want.Value))
	}
}
