package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tacet/infra/local/stream"
)

// source is a stream in memory. Its iterators are "shard/number of the next
// record/how many were handed out".
type source struct {
	mu     sync.Mutex
	shards []stream.Shard
	has    map[string][]stream.Record
	closed map[string]bool
	issued int
	valid  map[string]bool // the iterators that have not expired
	gone   bool
	fails  int // so many calls
}

func newSource() *source {
	return &source{has: map[string][]stream.Record{}, closed: map[string]bool{}, valid: map[string]bool{}}
}

var errBroken = errors.New("broken")

func (s *source) call() (unlock func(), err error) {
	s.mu.Lock()
	switch {
	case s.gone:
		err = stream.ErrNoStream
	case s.fails > 0:
		s.fails--
		err = errBroken
	}
	return s.mu.Unlock, err
}

func (s *source) Shards(context.Context) ([]stream.Shard, error) {
	unlock, err := s.call()
	defer unlock()
	return append([]stream.Shard(nil), s.shards...), err
}

func (s *source) issue(shard string, at int) string {
	s.issued++
	it := fmt.Sprintf("%s/%d/%d", shard, at, s.issued)
	s.valid[it] = true
	return it
}

func (s *source) Iterator(_ context.Context, shard, after string, latest bool) (string, error) {
	unlock, err := s.call()
	defer unlock()
	at := 0
	for i, r := range s.has[shard] {
		if latest || r.Sequence <= after {
			at = i + 1
		}
	}
	return s.issue(shard, at), err
}

func (s *source) Records(_ context.Context, iterator string, limit int) ([]stream.Record, string, error) {
	unlock, err := s.call()
	defer unlock()
	if err != nil {
		return nil, "", err
	}
	if !s.valid[iterator] {
		return nil, "", stream.ErrExpired
	}
	fields := strings.Split(iterator, "/")
	at, err := strconv.Atoi(fields[1])
	if err != nil || limit < 1 {
		panic(fmt.Sprint("asked for ", limit, " records at ", iterator))
	}
	all := s.has[fields[0]]
	end := min(at+limit, len(all))
	if end == len(all) && s.closed[fields[0]] {
		return all[at:end], "", nil
	}
	return all[at:end], s.issue(fields[0], end), nil
}

// write adds records to a shard; what they say is their number.
func (s *source) write(shard string, numbers ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range numbers {
		s.has[shard] = append(s.has[shard], record(n))
	}
}

func record(n int) stream.Record {
	return stream.Record{Sequence: fmt.Sprintf("%09d", n), JSON: fmt.Appendf(nil, `{"n":%d,"even":"%v"}`, n, n%2 == 0)}
}

// expire makes every iterator too old.
func (s *source) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
}

// function remembers the batches that it got, and answers by a script.
type function struct {
	mu      sync.Mutex
	batches [][]int
	answer  func(batch []int) (string, error)
	at      func(count int) // called with how many records it has got
}

func (f *function) Invoke(_ context.Context, event []byte) ([]byte, error) {
	var e struct{ Records []struct{ N int } }
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	var batch []int
	for _, r := range e.Records {
		batch = append(batch, r.N)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, batch)
	if f.at != nil {
		n := 0
		for _, b := range f.batches {
			n += len(b)
		}
		f.at(n)
	}
	if f.answer == nil {
		return nil, nil
	}
	answer, err := f.answer(batch)
	return []byte(answer), err
}

// want holds the batches against those in text, as in "[[1 2] [3]]".
func (f *function) want(t *testing.T, want string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := fmt.Sprint(f.batches); got != want {
		t.Errorf("the batches are %s, want %s", got, want)
	}
}

// failed is the answer that says that records failed.
func failed(numbers ...int) string {
	var all []string
	for _, n := range numbers {
		all = append(all, `{"itemIdentifier":"`+record(n).Sequence+`"}`)
	}
	return `{"batchItemFailures":[` + strings.Join(all, ",") + `]}`
}
