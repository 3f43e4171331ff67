package directorytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tacet/core/directory"
)

// sorted are names that other orders than that of bytes mix up.
var sorted = []string{
	"-", ".", "/", "0", "00", "1", "10", "2", ":", "A", "Z", "Za", "_",
	"a", "a-", "a-b", "a.", "a/", "a/1", "a/10", "a/2", "a/b", "a/b/c", "a0", "a:", "aA", "a_", "aa", "b", "z",
}

func (s *shelf) listed() {
	if !slices.IsSorted(sorted) {
		s.Fatal("the names of the test are not in order")
	}
	for i := range sorted { // in another order than they are read
		name := sorted[(i*7)%len(sorted)]
		if (i*7)%len(sorted) == 0 && i > 0 {
			s.Fatal("7 does not go round")
		}
		s.apply(put(name, name), directory.Put(directory.Key{Part: twin, Name: name + "x"}, nil, time.Time{}, directory.Always))
	}
	for _, p := range []directory.Part{other, {Kind: 'o', ID: part.ID + "1"}, {Kind: 'o', ID: part.ID[1:]}, {Kind: 'o', ID: part.ID + "-"}} {
		s.apply(directory.Put(directory.Key{Part: p, Name: "foreign"}, nil, time.Time{}, directory.Always))
	}
	for _, size := range []int{1, 2, 3, 7, len(sorted) - 1, len(sorted), len(sorted) + 1, directory.MaxPage} {
		s.wantNames(part, "", "", size, sorted...)
		for _, prefix := range append([]string{"a/b/c/d", "x", "zz"}, sorted...) {
			s.wantNames(part, prefix, "", size, between(prefix, "")...)
		}
	}
	for _, size := range []int{1, 4, 100} {
		for _, after := range append([]string{"Y", "a/11", "zz", "ZZ"}, sorted...) {
			for _, prefix := range []string{"", "a", "a/", "a/b"} {
				s.wantNames(part, prefix, after, size, between(prefix, after)...)
			}
		}
	}
	for _, r := range s.all(part, "", "", 10) {
		if string(r.Value) != r.Name || r.Part != part {
			s.Errorf("%s holds %q", r.Key, r.Value)
		}
	}
}

func between(prefix, after string) []string {
	var some []string
	for _, name := range sorted {
		if strings.HasPrefix(name, prefix) && name > after {
			some = append(some, name)
		}
	}
	return some
}

func (s *shelf) paged() {
	const records = 1100 // more than a page can have
	var want []string
	var changes []directory.Change
	for i := range records {
		want = append(want, fmt.Sprintf("n/%04d", i))
		changes = append(changes, put(want[i], ""))
	}
	for some := range slices.Chunk(changes, directory.MaxChanges) {
		s.apply(some...)
	}
	s.apply(put("m", ""), put("o", ""))
	for _, size := range []int{100, 999, directory.MaxPage} {
		s.wantNames(part, "n/", "", size, want...)
	}
	// What is removed and added meanwhile disturbs nothing else.
	page, next, err := s.d.List(s.Context(), part, "n/", "", 100)
	if err != nil || len(page) == 0 || next == "" {
		s.Fatalf("List: %d records, next %q, %v", len(page), next, err)
	}
	s.apply(directory.Delete(key(page[len(page)-1].Name), directory.Always), put(page[0].Name+"-", ""))
	s.wantNames(part, "n/", next, 100, want[len(page):]...)
}

func (s *shelf) heavy() {
	var want []string
	for i := range 24 {
		name := fmt.Sprintf("%03d", i)
		want = append(want, name)
		s.apply(put(name, strings.Repeat(name[2:], 100<<10)))
	}
	for _, size := range []int{5, 1000} {
		s.wantNames(part, "", "", size, want...)
	}
	for _, r := range s.all(part, "", "", 1000) {
		if string(r.Value) != strings.Repeat(r.Name[2:], 100<<10) {
			s.Errorf("%s does not hold what was put", r.Name)
		}
	}
}
