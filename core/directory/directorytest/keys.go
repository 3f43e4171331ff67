package directorytest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tacet/core/directory"
)

// wantMisuse makes sure that a call was refused, and not for what is there.
func (s *shelf) wantMisuse(what string, err error) {
	s.Helper()
	if err == nil || errors.Is(err, directory.ErrAbsent) || errors.Is(err, directory.ErrConflict) {
		s.Errorf("%s: %v, want it refused", what, err)
	}
}

func (s *shelf) refused() {
	letters := strings.Repeat("a", 257)
	for _, k := range []directory.Key{
		{Part: part},
		{Part: part, Name: letters},
		{Part: part, Name: "a b"},
		{Part: part, Name: "a#b"},
		{Part: part, Name: "a\x00"},
		{Part: part, Name: "ä"},
		{Part: part, Name: "a@example.org"},
		{Part: directory.Part{Kind: 'o'}, Name: "a"},
		{Part: directory.Part{Kind: 'o', ID: letters[:129]}, Name: "a"},
		{Part: directory.Part{Kind: 'o', ID: "a#b"}, Name: "a"},
		{Part: directory.Part{Kind: 'o', ID: "a/b"}, Name: "a"},
		{Part: directory.Part{Kind: 'o', ID: "a."}, Name: "a"},
		{Part: directory.Part{ID: "a"}, Name: "a"},
		{Part: directory.Part{Kind: 'O', ID: "a"}, Name: "a"},
		{Part: directory.Part{Kind: '#', ID: "a"}, Name: "a"},
	} {
		_, err := s.d.Get(s.Context(), k)
		s.wantMisuse(fmt.Sprintf("Get %q", k), err)
		for _, c := range []directory.Change{
			directory.Put(k, nil, time.Time{}, directory.Always),
			directory.Delete(k, directory.Always),
			directory.Check(k, directory.IfAbsent),
		} {
			_, err := s.d.Apply(s.Context(), put("beside", "1"), c)
			s.wantMisuse(fmt.Sprintf("Apply %d %q", c.Does, k), err)
		}
		if k.Part != part {
			_, _, err := s.d.List(s.Context(), k.Part, "", "", 10)
			s.wantMisuse(fmt.Sprintf("List %q", k), err)
		} else if k.Name != "" {
			_, _, err := s.d.List(s.Context(), part, k.Name, "", 10)
			s.wantMisuse(fmt.Sprintf("List from %q", k), err)
			_, _, err = s.d.List(s.Context(), part, "", k.Name, 10)
			s.wantMisuse(fmt.Sprintf("List after %q", k), err)
		}
	}
	for _, limit := range []int{-1, 0, directory.MaxPage + 1} {
		_, _, err := s.d.List(s.Context(), part, "", "", limit)
		s.wantMisuse(fmt.Sprintf("List %d", limit), err)
	}
	s.refusedChanges()
	s.wantNames(part, "", "", 10)
}

func (s *shelf) refusedChanges() {
	var many []directory.Change
	half := strings.Repeat("x", directory.MaxBytes/2)
	for i := range directory.MaxChanges + 1 {
		many = append(many, put(fmt.Sprint(i), ""))
	}
	for name, changes := range map[string][]directory.Change{
		"no change":              nil,
		"too many":               many,
		"too large together":     {put("a", half), put("b", half), put("c", "1")},
		"too large":              {put("beside", "1"), put("a", strings.Repeat("x", directory.MaxValue+1))},
		"one record, twice":      {put("beside", "1"), put("a", "1"), put("a", "2")},
		"put and deleted":        {put("a", "1"), directory.Delete(key("a"), directory.Always)},
		"put and checked":        {directory.Check(key("a"), directory.IfAbsent), put("a", "1")},
		"an unknown change":      {put("beside", "1"), {Record: directory.Record{Key: key("a")}, Does: directory.Checks + 1}},
		"an unknown condition":   {put("beside", "1"), {Record: directory.Record{Key: key("a")}, If: directory.IfVersion + 1}},
		"a conflict beside that": {directory.Check(key("nowhere"), directory.IfPresent), put("a", "1"), put("a", "2")},
	} {
		_, err := s.d.Apply(s.Context(), changes...)
		s.wantMisuse(name, err)
	}
}

func (s *shelf) keys() {
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	keys := []directory.Key{
		{Part: directory.Part{Kind: 'a', ID: chars + chars[:64]}, Name: chars + "./:" + strings.Repeat("x", 189)},
		{Part: directory.Part{Kind: 'a', ID: chars + chars[:63]}, Name: chars},
		{Part: directory.Part{Kind: 'z', ID: "a"}, Name: directory.Only},
		{Part: directory.Part{Kind: 'z', ID: "A"}, Name: directory.Only},
		{Part: directory.Part{Kind: 'z', ID: "aa"}, Name: directory.Only},
		{Part: directory.Part{Kind: 'z', ID: "-"}, Name: "-"},
		{Part: directory.Part{Kind: 'z', ID: "a"}, Name: "a/b"},
		{Part: directory.Part{Kind: 'z', ID: "a"}, Name: "a:b"},
		{Part: directory.Part{Kind: 'z', ID: "a"}, Name: "A/b"},
		{Part: directory.Part{Kind: 'y', ID: "a"}, Name: "a/b"},
	}
	for _, k := range keys {
		s.apply(directory.Put(k, []byte(k.String()), time.Time{}, directory.IfAbsent))
	}
	for _, k := range keys {
		s.wantValue(k, k.String())
	}
	s.wantNames(directory.Part{Kind: 'z', ID: "a"}, "", "", 10, ".", "A/b", "a/b", "a:b")
}
