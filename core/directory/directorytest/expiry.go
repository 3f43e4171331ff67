package directorytest

import (
	"fmt"
	"slices"
	"time"

	"tacet/core/directory"
)

func until(name, value string, expires time.Time, c directory.Condition) directory.Change {
	return directory.Put(key(name), []byte(value), expires, c)
}

func (s *shelf) expired() {
	second := begin.Add(time.Minute)
	s.apply(
		until("exact", "1", second, directory.Always),
		until("fraction", "1", second.Add(time.Second-1), directory.Always), // counts as second
		until("longer", "1", second.Add(time.Second), directory.Always),
		put("stays", "1"))
	s.apply(until("past", "1", begin.Add(-time.Hour), directory.Always))
	s.apply(until("now", "1", begin, directory.Always))
	s.wantAbsent(key("past"))
	s.wantAbsent(key("now"))
	if got := s.get(key("fraction")).Expires; !got.Equal(second) {
		s.Errorf("expires at %v, want %v", got, second)
	}
	if got := s.get(key("stays")).Expires; !got.IsZero() {
		s.Errorf("expires at %v, want never", got)
	}
	s.wantNames(part, "", "", 10, "exact", "fraction", "longer", "stays")

	s.at(second.Add(-1))
	s.wantNames(part, "", "", 10, "exact", "fraction", "longer", "stays")
	v := s.get(key("exact"))

	s.at(second)
	s.wantAbsent(key("exact"))
	s.wantAbsent(key("fraction"))
	s.wantNames(part, "", "", 10, "longer", "stays")
	s.conflict(directory.Check(key("exact"), directory.IfPresent))
	s.conflict(directory.Remove(v))
	s.conflict(directory.Replace(v, []byte("2")))
	s.apply(directory.Check(key("exact"), directory.IfAbsent), put("beside", "1"))
	s.apply(directory.Delete(key("exact"), directory.Always)) // is no error

	s.at(begin.Add(100 * 365 * 24 * time.Hour))
	s.wantNames(part, "", "", 10, "beside", "stays")
}

func (s *shelf) replaced() {
	for i, c := range []directory.Condition{directory.Always, directory.IfAbsent, directory.IfVersion} {
		name := fmt.Sprint(i)
		old := s.apply(until(name, "old", s.now().Add(time.Minute), directory.Always))
		s.at(s.now().Add(time.Hour))
		v := s.apply(until(name, "new", s.now().Add(time.Minute), c))
		if v == old {
			s.Error("the new record has the version of the expired one")
		}
		s.wantValue(key(name), "new")
		s.wantNames(part, name, "", 10, name)
		s.at(s.now().Add(time.Hour))
		s.apply(until(name, "stays", time.Time{}, c))
		s.at(s.now().Add(time.Hour))
		s.wantValue(key(name), "stays") // it has not inherited an expiry
	}
	// An expiry can be put off, and brought forward.
	s.apply(until("moved", "1", s.now().Add(time.Minute), directory.Always))
	s.apply(until("moved", "1", s.now().Add(time.Hour), directory.IfPresent))
	s.at(s.now().Add(30 * time.Minute))
	s.wantValue(key("moved"), "1")
	s.apply(until("moved", "1", s.now().Add(time.Minute), directory.IfPresent))
	s.at(s.now().Add(time.Minute))
	s.wantAbsent(key("moved"))
}

func (s *shelf) gaps() {
	var want []string
	for i := range 60 {
		name := fmt.Sprintf("%02d", i)
		expires := begin.Add(time.Minute)
		if i%17 == 0 || i == 59 {
			want = append(want, name)
			expires = time.Time{}
		}
		s.apply(until(name, "", expires, directory.Always))
	}
	s.at(begin.Add(time.Minute))
	for _, size := range []int{1, 2, 5, 100} {
		s.wantNames(part, "", "", size, want...)
		s.wantNames(part, "", "17", size, want[2:]...)
	}
}

// remains looks through a part in which some records have expired. Whether these
// are still there is the store's business; those that have not must be.
func (s *shelf) remains() {
	for i := range 5 {
		s.apply(until(fmt.Sprint("ends", i), "1", begin.Add(time.Minute), directory.Always), put(fmt.Sprint("stays", i), "1"))
	}
	s.apply(directory.Put(directory.Key{Part: other, Name: "other"}, nil, time.Time{}, directory.Always))
	s.at(begin.Add(time.Hour))
	for _, size := range []int{1, 3, 1000} {
		var stay []string
		for _, r := range s.rest(size) {
			if r.Part != part || len(r.Value) != 1 {
				s.Errorf("%s with %d bytes", r.Key, len(r.Value))
			}
			if r.Expires.IsZero() {
				stay = append(stay, r.Name)
			}
		}
		if want := []string{"stays0", "stays1", "stays2", "stays3", "stays4"}; !slices.Equal(stay, want) {
			s.Errorf("by %d there remain %q, want %q among them", size, stay, want)
		}
	}
	for _, r := range s.rest(2) {
		s.apply(directory.Delete(r.Key, directory.Always))
	}
	if left := names(s.rest(2)); len(left) > 0 {
		s.Errorf("left: %q", left)
	}
}

// rest returns all that remains of the part, asked for by so many at a time.
func (s *shelf) rest(size int) (all []directory.Record) {
	s.Helper()
	for after := ""; ; {
		page, next, err := s.d.Remains(s.Context(), part, after, size)
		if err != nil || len(page) > size || next != "" && next <= after {
			s.Fatalf("%d records, and more after %q: %v", len(page), next, err)
		}
		all = append(all, page...)
		if after = next; after == "" {
			return all
		}
	}
}
