package directorytest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tacet/core/directory"
)

const racers = 8

// race lets racers run at the same time.
func (s *shelf) race(run func(i int)) {
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-ready
			run(i)
		})
	}
	close(ready)
	all.Wait()
}

// won reports whether an Apply has happened. It may only have met a conflict
// otherwise.
func (s *shelf) won(_ directory.Version, err error) bool {
	if err != nil && !errors.Is(err, directory.ErrConflict) {
		s.Errorf("Apply: %v, want a conflict", err)
	}
	return err == nil
}

func (s *shelf) raceVersion() {
	for round := range 5 {
		k := key(fmt.Sprint(round))
		s.apply(directory.Put(k, []byte("begin"), time.Time{}, directory.Always))
		r := s.get(k)
		var winners atomic.Int64
		var winner atomic.Int64
		s.race(func(i int) {
			value := []byte(strconv.Itoa(i))
			if s.won(s.d.Apply(s.Context(), directory.Replace(r, value))) {
				winners.Add(1)
				winner.Store(int64(i))
			}
		})
		if winners.Load() != 1 {
			s.Fatalf("%d have won", winners.Load())
		}
		s.wantValue(k, strconv.FormatInt(winner.Load(), 10))
	}
}

func (s *shelf) raceAbsent() {
	for round := range 5 {
		name := fmt.Sprint(round)
		var winners atomic.Int64
		s.race(func(i int) {
			mine := directory.Key{Part: other, Name: fmt.Sprintf("%d/%d", round, i)}
			if s.won(s.d.Apply(s.Context(),
				directory.Put(mine, nil, time.Time{}, directory.Always),
				directory.Put(key(name), nil, time.Time{}, directory.IfAbsent))) {
				winners.Add(1)
			}
		})
		if left := s.all(other, name+"/", "", 100); winners.Load() != 1 || len(left) != 1 {
			s.Fatalf("%d have won, and %d have left something", winners.Load(), len(left))
		}
	}
}

// add adds one to a number, however often somebody is faster.
func (s *shelf) add(k directory.Key) {
	for range 10_000 {
		r, err := s.d.Get(s.Context(), k)
		if err != nil {
			s.Errorf("Get: %v", err)
			return
		}
		n, _ := strconv.Atoi(string(r.Value))
		if s.won(s.d.Apply(s.Context(), directory.Replace(r, []byte(strconv.Itoa(n+1))))) || s.Failed() {
			return
		}
	}
	s.Error("somebody is always faster")
}

func (s *shelf) raceCount() {
	const each = 5
	s.apply(put("n", "0"))
	s.race(func(int) {
		for range each {
			s.add(key("n"))
		}
	})
	s.wantValue(key("n"), strconv.Itoa(racers*each))
}

// raceTogether writes two records in both orders: a store that locked one after
// the other would stand still, and one that applied by halves leave them
// different.
func (s *shelf) raceTogether() {
	s.apply(put("a", "-"), put("b", "-"))
	s.race(func(i int) {
		value := strconv.Itoa(i)
		changes := []directory.Change{put("a", value), put("b", value)}
		if i%2 == 1 {
			changes[0], changes[1] = changes[1], changes[0]
		}
		for range 10_000 {
			if s.won(s.d.Apply(s.Context(), changes...)) || s.Failed() {
				return
			}
		}
		s.Error("somebody is always faster")
	})
	a, b := s.get(key("a")), s.get(key("b"))
	if string(a.Value) == "-" || string(a.Value) != string(b.Value) || a.Version != b.Version {
		s.Errorf("a is %q by %q, b is %q by %q", a.Value, a.Version, b.Value, b.Version)
	}
}
