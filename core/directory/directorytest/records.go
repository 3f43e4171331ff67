package directorytest

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"tacet/core/directory"
)

func (s *shelf) attributes() {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	later := begin.Add(time.Hour)
	for _, c := range []struct {
		name    string
		value   []byte
		expires time.Time
	}{
		{"every-byte", every, time.Time{}},
		{"text", []byte(`{"quoted":"\u0000","umlaut":"ä"}`), later},
		{"no-utf-8", []byte{0xff, 0xfe, 0xc0, 0}, time.Time{}},
		{"nothing", nil, time.Time{}},
		{"empty", []byte{}, later},
		{"large", bytes.Repeat(every, directory.MaxValue/256), later},
	} {
		handed := bytes.Clone(c.value)
		v := s.apply(directory.Put(key(c.name), handed, c.expires, directory.Always))
		clear(handed) // it is the caller's again
		want := directory.Record{Key: key(c.name), Value: c.value, Version: v, Expires: c.expires}
		s.wantSame(s.get(key(c.name)), want)
		listed := s.all(part, c.name, "", 10)
		if len(listed) != 1 {
			s.Fatalf("%d records begin with %s", len(listed), c.name)
		}
		s.wantSame(listed[0], want)
	}
}

func (s *shelf) absent() {
	s.wantAbsent(key("a"))
	s.wantNames(part, "", "", 10)
	s.apply(put("a", "1"))
	s.wantAbsent(key("b"))
	s.wantAbsent(directory.Key{Part: other, Name: "a"})
	s.wantAbsent(directory.Key{Part: twin, Name: "a"})
	s.wantNames(other, "", "", 10)
	s.wantNames(twin, "", "", 10)
	s.apply(directory.Delete(key("a"), directory.Always))
	s.wantAbsent(key("a"))
	s.wantNames(part, "", "", 10)
	s.apply(directory.Delete(key("a"), directory.Always)) // is no error
}

func (s *shelf) versions() {
	form := regexp.MustCompile(`^[a-z0-9]{1,32}$`)
	seen := map[directory.Version]bool{}
	fresh := func(v directory.Version) {
		s.Helper()
		if !form.MatchString(string(v)) || seen[v] {
			s.Errorf("version %q is malformed, or was there before", v)
		}
		seen[v] = true
	}
	for range 3 {
		for range 3 { // the same value
			v := s.apply(put("a", "1"))
			fresh(v)
			if got := s.get(key("a")).Version; got != v {
				s.Errorf("the record has version %q, Apply returned %q", got, v)
			}
		}
		s.apply(directory.Delete(key("a"), directory.Always))
	}

	before := s.apply(put("stays", "1"))
	v := s.apply(put("a", "1"), put("b", "2"), directory.Check(key("stays"), directory.IfPresent))
	fresh(v)
	for _, name := range []string{"a", "b"} {
		if got := s.get(key(name)).Version; got != v {
			s.Errorf("%s has version %q, Apply returned %q", name, got, v)
		}
	}
	if got := s.get(key("stays")).Version; got != before {
		s.Error("a record that was only checked has another version")
	}
}

func (s *shelf) conditions() {
	const stale = directory.Version("stale")
	for _, does := range []directory.Does{directory.Puts, directory.Deletes, directory.Checks} {
		for i, c := range []struct {
			state   string
			if_     directory.Condition
			version directory.Version // "its" is the record's own
			holds   bool
		}{
			{"absent", directory.Always, "", true},
			{"absent", directory.IfAbsent, "", true},
			{"absent", directory.IfPresent, "", false},
			{"absent", directory.IfVersion, "", true}, // which is the version of an absent record
			{"absent", directory.IfVersion, stale, false},
			{"present", directory.Always, "", true},
			{"present", directory.Always, stale, true},
			{"present", directory.IfAbsent, "", false},
			{"present", directory.IfPresent, "", true},
			{"present", directory.IfPresent, stale, true},
			{"present", directory.IfVersion, "its", true},
			{"present", directory.IfVersion, stale, false},
			{"present", directory.IfVersion, "", false},
			{"expired", directory.Always, "", true},
			{"expired", directory.IfAbsent, "", true},
			{"expired", directory.IfPresent, "", false},
			{"expired", directory.IfVersion, "", true},
			{"expired", directory.IfVersion, "its", false},
		} {
			s.condition(key(fmt.Sprintf("%d-%d", does, i)), c.state, does, c.if_, c.version, c.holds)
		}
	}
}

func (s *shelf) condition(k directory.Key, state string, does directory.Does, if_ directory.Condition, version directory.Version, holds bool) {
	s.Helper()
	var its directory.Version
	switch state {
	case "present":
		its = s.apply(directory.Put(k, []byte("old"), time.Time{}, directory.Always))
	case "expired":
		its = s.apply(directory.Put(k, []byte("old"), s.now().Add(-time.Minute), directory.Always))
	}
	if version == "its" {
		version = its
	}
	c := directory.Change{Record: directory.Record{Key: k, Version: version}, Does: does, If: if_}
	if does == directory.Puts {
		c.Value = []byte("new")
	}
	beside := directory.Key{Part: other, Name: k.Name}
	name := fmt.Sprintf("change %d of a record that is %s, under condition %d with version %q", does, state, if_, version)
	if holds {
		if _, err := s.d.Apply(s.Context(), c, directory.Put(beside, nil, time.Time{}, directory.Always)); err != nil {
			s.Errorf("%s: %v, want it to happen", name, err)
			return
		}
		s.get(beside)
	} else {
		s.conflict(c, directory.Put(beside, nil, time.Time{}, directory.Always))
		s.wantAbsent(beside)
	}
	switch {
	case holds && does == directory.Puts:
		s.wantValue(k, "new")
	case holds && does == directory.Deletes || state != "present":
		s.wantAbsent(k)
	default:
		s.wantSame(s.get(k), directory.Record{Key: k, Value: []byte("old"), Version: its})
	}
	if s.Failed() {
		s.Fatal(name)
	}
}

func (s *shelf) readings() {
	later := begin.Add(time.Hour)
	s.apply(directory.Put(key("a"), []byte("1"), later, directory.Always))
	r := s.get(key("a"))
	v := s.apply(directory.Replace(r, []byte("2")))
	s.wantSame(s.get(key("a")), directory.Record{Key: key("a"), Value: []byte("2"), Version: v, Expires: later})
	s.conflict(directory.Replace(r, []byte("3")))
	s.conflict(directory.Remove(r))
	s.wantValue(key("a"), "2")

	r = s.get(key("a"))
	s.apply(directory.Remove(r))
	s.wantAbsent(key("a"))
	s.conflict(directory.Remove(r))
	s.conflict(directory.Replace(r, []byte("3")))

	s.apply(put("a", "2")) // the same again is not the same
	s.conflict(directory.Replace(r, []byte("3")))
	s.wantValue(key("a"), "2")
}

func (s *shelf) together() {
	for at := range 6 {
		s.apply(put("there", "old"), put("goes", "old"), put("checked", "old"),
			directory.Delete(key("new"), directory.Always), directory.Delete(directory.Key{Part: twin, Name: "far"}, directory.Always))
		changes := []directory.Change{
			put("there", "new"),
			directory.Put(key("new"), []byte("new"), time.Time{}, directory.IfAbsent),
			directory.Delete(key("goes"), directory.IfPresent),
			directory.Check(key("checked"), directory.IfPresent),
			directory.Put(directory.Key{Part: twin, Name: "far"}, []byte("new"), time.Time{}, directory.Always),
		}
		bad := append(changes[:at:at], directory.Check(key("nowhere"), directory.IfPresent))
		s.conflict(append(bad, changes[at:]...)...)
		s.wantValue(key("there"), "old")
		s.wantAbsent(key("new"))
		s.wantValue(key("goes"), "old")
		s.wantAbsent(directory.Key{Part: twin, Name: "far"})

		s.apply(changes...)
		s.wantValue(key("there"), "new")
		s.wantValue(key("new"), "new")
		s.wantAbsent(key("goes"))
		s.wantValue(key("checked"), "old")
		s.wantValue(directory.Key{Part: twin, Name: "far"}, "new")
	}
}

func (s *shelf) most() {
	large := strings.Repeat("x", directory.MaxValue)
	s.apply(put("large/1", large), put("large/2", large))
	s.wantValue(key("large/1"), large)
	s.wantValue(key("large/2"), large)
	s.apply(directory.Delete(key("large/1"), directory.Always), directory.Delete(key("large/2"), directory.Always))
	var changes []directory.Change
	for i := range directory.MaxChanges {
		changes = append(changes, put(fmt.Sprintf("many/%03d", i), strings.Repeat("x", 1000)))
	}
	s.conflict(append(changes[:directory.MaxChanges-1:directory.MaxChanges-1], directory.Check(key("nowhere"), directory.IfPresent))...)
	s.wantNames(part, "", "", 1000)
	v := s.apply(changes...)
	all := s.all(part, "many/", "", 1000)
	if len(all) != directory.MaxChanges {
		s.Fatalf("%d records are there, %d were put", len(all), directory.MaxChanges)
	}
	for _, r := range all {
		if r.Version != v {
			s.Errorf("%s has version %q, Apply returned %q", r.Name, r.Version, v)
		}
	}
}
