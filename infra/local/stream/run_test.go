package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/infra/local/stream"
)

// running runs a mapping in a bubble, with a function that remembers, until the
// test has done what it does.
func running(t *testing.T, m stream.Mapping, s *source, do func(*function)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := new(function)
		m.Source = s
		if m.Function == nil {
			m.Function = f
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.Run(ctx) }()
		synctest.Wait()
		do(f)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
}

func pass(d time.Duration) {
	time.Sleep(d) // in a bubble
	synctest.Wait()
}

func TestAShardIsReadAfterItsParent(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "grandchild", Parent: "child"}, {ID: "child", Parent: "parent"}, {ID: "parent", Parent: "forgotten"}}
	s.write("grandchild", 5)
	s.write("child", 3, 4)
	s.write("parent", 1)
	s.closed["child"] = true
	running(t, stream.Mapping{}, s, func(f *function) {
		pass(time.Second)
		f.want(t, "[[1]]")
		s.write("parent", 2)
		s.mu.Lock()
		s.closed["parent"] = true
		s.mu.Unlock()
		pass(time.Second)
		f.want(t, "[[1] [2] [3 4] [5]]")
	})
}

func TestAShardThatOpensLaterIsFound(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	s.write("a", 1)
	running(t, stream.Mapping{Latest: true}, s, func(f *function) {
		s.write("a", 2)
		pass(time.Second)
		f.want(t, "[[2]]")
		s.expire()
		s.write("a", 4)
		pass(time.Second)
		f.want(t, "[[2] [4]]")
		s.mu.Lock()
		s.closed["a"] = true
		s.shards = []stream.Shard{{ID: "b", Parent: "a"}} // what is closed may be forgotten
		s.mu.Unlock()
		s.write("b", 3) // although it was there when b was found
		pass(2 * time.Second)
		f.want(t, "[[2] [4] [3]]")
	})
}

func TestABatchGathersForAWindow(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	running(t, stream.Mapping{Window: 10 * time.Second, BatchSize: 4}, s, func(f *function) {
		s.write("a", 1)
		pass(9 * time.Second)
		s.write("a", 2)
		f.want(t, "[]")
		pass(2 * time.Second)
		f.want(t, "[[1 2]]")
		s.write("a", 3, 4, 5, 6, 7)
		pass(time.Second)
		f.want(t, "[[1 2] [3 4 5 6]]")
		pass(10 * time.Second)
		f.want(t, "[[1 2] [3 4 5 6] [7]]")
	})
}

func TestWhatIsNotWantedIsNotSent(t *testing.T) {
	even, err := stream.ParseFilter(`{"even":["true"]}`)
	if err != nil {
		t.Fatal(err)
	}
	f := new(function)
	feed(t, &stream.Mapping{Function: f, BatchSize: 2, Window: time.Hour, Filters: []stream.Filter{even}}, 1, 2, 3, 4, 5, 6, 7)
	f.want(t, "[[2 4] [6]]")
}

func TestAnExpiredIteratorAndABrokenStreamAreGotOver(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	s.fails = 3
	troubles := 0
	running(t, stream.Mapping{Trouble: func(err error) {
		if troubles++; !errors.Is(err, errBroken) {
			t.Errorf("trouble: %v", err)
		}
	}}, s, func(f *function) {
		s.write("a", 1)
		pass(10 * time.Second)
		s.expire()
		s.write("a", 2)
		pass(time.Second)
		f.want(t, "[[1] [2]]")
	})
	if troubles != 3 {
		t.Errorf("%d troubles, want 3", troubles)
	}
}

func TestAnEventIsNoLargerThanLambdaTakes(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	s.closed["a"] = true
	for i := range 5 {
		r := record(i)
		r.JSON = fmt.Appendf(nil, `{"n":%d,"blob":%q}`, i, strings.Repeat("x", 3<<20-1000*i))
		s.has["a"] = append(s.has["a"], r)
	}
	f := new(function)
	feedFrom(t, &stream.Mapping{Function: f}, s)
	f.want(t, "[[0 1] [2 3] [4]]")
}

func TestWhatIsTooOldIsDiscarded(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	discarded := 0
	down := true
	f := new(function)
	f.answer = func([]int) (string, error) {
		if down {
			return "", errBroken
		}
		return "", nil
	}
	m := stream.Mapping{Function: f, MaximumRecordAge: time.Minute, Discarded: func(n int) { discarded += n }, Backoff: func(int) time.Duration { return 50 * time.Second }}
	running(t, m, s, func(*function) {
		for i, at := range []time.Time{time.Now(), time.Now(), time.Now().Add(time.Hour)} {
			r := record(i + 1)
			r.Created = at
			s.mu.Lock()
			s.has["a"] = append(s.has["a"], r)
			s.mu.Unlock()
		}
		pass(time.Minute) // tried twice
		f.mu.Lock()
		down = false
		f.mu.Unlock()
		pass(time.Minute)
		f.want(t, "[[1 2 3] [1 2 3] [3]]")
	})
	if discarded != 2 {
		t.Errorf("%d were discarded, want 2", discarded)
	}
}

func TestAStreamThatIsGoneEndsIt(t *testing.T) {
	s := newSource()
	s.shards = []stream.Shard{{ID: "a"}}
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error)
		m := stream.Mapping{Source: s, Function: new(function)}
		go func() { ended <- m.Run(t.Context()) }()
		pass(time.Minute)
		s.mu.Lock()
		s.gone = true
		s.mu.Unlock()
		if err := <-ended; !errors.Is(err, stream.ErrNoStream) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTricksAreWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		trick trick
		want  string
		fails bool
	}{
		{honest, "[[1] [2]]", false},
		{twice, "[[1] [2] [2]]", false},
		{lost, "[[1] [2]]", true},
		{never, "[[1]]", true},
		{before, "[[1] [1] [2]]", false},
		{after, "[[1] [2] [1]]", false},
	} {
		f, next := new(function), honest
		h := &hostile{f: f, next: func() trick { return next }}
		for i, one := range []trick{honest, c.trick} {
			next = one
			_, err := h.Invoke(t.Context(), fmt.Appendf(nil, `{"Records":[{"n":%d}]}`, i+1))
			if fails := c.fails && i == 1; (err != nil) != fails {
				t.Errorf("trick %d: %v", c.trick, err)
			}
		}
		f.want(t, c.want)
	}
}

func TestFilters(t *testing.T) {
	const record = `{"eventName":"INSERT","dynamodb":{"Keys":{"pk":{"S":"e#1"}},"SizeBytes":7}}`
	for pattern, want := range map[string]bool{
		`{}`:                                true,
		`{"eventName":["INSERT"]}`:          true,
		`{"eventName":["insert"]}`:          false,
		`{"eventName":["REMOVE","INSERT"]}`: true,
		`{"eventName":[{"equals-ignore-case":"insert"}]}`:                             true,
		`{"eventName":[{"suffix":"ERT"}]}`:                                            true,
		`{"eventName":[{"anything-but":"REMOVE"}]}`:                                   true,
		`{"eventName":[{"anything-but":["REMOVE","INSERT"]}]}`:                        false,
		`{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"e#"}]}}}}`: true,
		`{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"r#"}]}}}}`: false,
		`{"eventName":["REMOVE"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"e#"}]}}}}`: false,
		`{"dynamodb":{"NewImage":{"exp":[{"exists":false}]}}}`:                        true,
		`{"dynamodb":{"NewImage":{"exp":[{"exists":true}]}}}`:                         false,
		`{"dynamodb":{"NewImage":{"exp":[{"prefix":"1"}]}}}`:                          false,
		`{"dynamodb":{"SizeBytes":[7]}}`:                                              true,
		`{"dynamodb":{"SizeBytes":[{"prefix":"7"}]}}`:                                 false,
	} {
		f, err := stream.ParseFilter(pattern)
		if err != nil || f.Match([]byte(record)) != want {
			t.Errorf("%s: %v, %v", pattern, !want, err)
		}
	}
	for _, pattern := range []string{``, `[]`, `{"a":"b"}`, `{"a":[{"numeric":["=",1]}]}`, `{"a":{"b":[{}]}}`, `{"a":[{"prefix":"x","suffix":"y"}]}`} {
		if _, err := stream.ParseFilter(pattern); err == nil {
			t.Errorf("%s is taken for a filter", pattern)
		}
	}
	if f, _ := stream.ParseFilter(`{}`); f.Match([]byte(`nonsense`)) {
		t.Error("what is no JSON is sent")
	}
}
