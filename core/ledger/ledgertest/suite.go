package ledgertest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/ledger"
)

// Open returns an empty ledger whose clock is now, for one test. It is called
// once for each.
type Open func(t *testing.T, now func() time.Time) ledger.Ledger

// Test holds a ledger against the contract of ledger.Ledger.
func Test(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*book)
	}{
		{"an empty ledger has no entries", (*book).empty},
		{"an entry is read as it was written, and chained", (*book).attributes},
		{"a stage of a request is entered once", (*book).once},
		{"entries come in pages, in their order", (*book).pages},
		{"those of a request are found", (*book).of},
		{"an entry ends after its year, and its number never comes again", (*book).ends},
		{"a clock that goes back does not turn the chain", (*book).back},
		{"what is no entry is refused, and leaves nothing", (*book).refused},
		{"entries made at the same time are all kept, one after the other", (*book).together},
		{"the same entry made at the same time is kept once", (*book).sameTogether},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &book{t: t}
			b.now.Store(begin.UnixMilli())
			b.ledger = open(t, b.clock)
			c.test(b)
		})
	}
}

// begin is when the tests begin: with a part of a millisecond nobody keeps.
var begin = time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.UTC)

// book is one test of the suite.
type book struct {
	t      *testing.T
	ledger ledger.Ledger
	now    atomic.Int64 // Unix milliseconds
}

func (b *book) clock() time.Time { return time.UnixMilli(b.now.Load()).UTC() }

// Request returns the nth of many request ids, for tests.
func Request(n int) ledger.RequestID { return ledger.RequestID(fmt.Sprintf("%032x", n)) }

// Entry returns an entry as one hands it to Append.
func Entry(n int, kind ledger.Kind, stage ledger.Stage, at time.Time) ledger.Entry {
	e := ledger.Entry{At: at, Request: Request(n), Who: strings.Repeat("5a", 32), Kind: kind, Stage: stage}
	if kind == ledger.Deletion && stage == ledger.Completed {
		e.Certificate = json.RawMessage(`{"request":"` + string(e.Request) + `","text":"<é & \"ü\"> 😀","n":12}`)
	}
	return e
}

func (b *book) append(e ledger.Entry) {
	b.t.Helper()
	if err := b.ledger.Append(b.t.Context(), e); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) entries(after int64, limit int) []ledger.Entry {
	b.t.Helper()
	all, err := b.ledger.Entries(b.t.Context(), after, limit)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := ledger.Verify(all); err != nil {
		b.t.Error(err)
	}
	return all
}

func (b *book) wantNumbers(got []ledger.Entry, want ...int64) {
	b.t.Helper()
	var numbers []int64
	for _, e := range got {
		numbers = append(numbers, e.Seq)
	}
	if !slices.Equal(numbers, want) {
		b.t.Errorf("got entries %v, want %v", numbers, want)
	}
}

func (b *book) empty() {
	b.wantNumbers(b.entries(0, 10))
	if of, err := b.ledger.Of(b.t.Context(), Request(1)); err != nil || len(of) > 0 {
		b.t.Errorf("got %v (%v)", of, err)
	}
}

func (b *book) attributes() {
	given := []ledger.Entry{
		Entry(1, ledger.Download, ledger.Requested, begin.Add(123456*time.Nanosecond).In(time.FixedZone("east", 3600))),
		Entry(1, ledger.Download, ledger.Completed, begin.Add(time.Second)),
		Entry(2, ledger.Deletion, ledger.Failed, begin.Add(2*time.Second)),
		Entry(2, ledger.Deletion, ledger.Completed, begin.Add(3*time.Second)),
	}
	var last ledger.Entry
	var want []ledger.Entry
	for _, e := range given {
		b.append(e)
		next, err := ledger.Follow(last, e)
		if err != nil {
			b.t.Fatal(err)
		}
		want, last = append(want, next), next
	}
	if got := b.entries(0, 10); !reflect.DeepEqual(got, want) {
		b.t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func (b *book) once() {
	first := Entry(1, ledger.Deletion, ledger.Requested, begin)
	b.append(first)
	second := first
	second.At = begin.Add(time.Minute)
	b.append(second)
	b.append(Entry(1, ledger.Deletion, ledger.Completed, begin))
	b.append(first)
	got := b.entries(0, 10)
	b.wantNumbers(got, 1, 2)
	if len(got) > 0 && !got[0].At.Equal(begin) {
		b.t.Errorf("the first entry was written again: %+v", got[0])
	}
}

func (b *book) pages() {
	for n := range 12 { // ten and more: numbers are not sorted as text
		b.append(Entry(n, ledger.Download, ledger.Requested, begin))
	}
	b.wantNumbers(b.entries(0, 5), 1, 2, 3, 4, 5)
	b.wantNumbers(b.entries(5, 5), 6, 7, 8, 9, 10)
	b.wantNumbers(b.entries(10, 5), 11, 12)
	b.wantNumbers(b.entries(12, 5))
	b.wantNumbers(b.entries(99, 5))
	b.wantNumbers(b.entries(0, 1000), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
}

func (b *book) of() {
	for _, stage := range []ledger.Stage{ledger.Requested, ledger.Failed, ledger.Completed} {
		b.append(Entry(1, ledger.Deletion, stage, begin))
		b.append(Entry(2, ledger.Download, stage, begin))
	}
	got, err := b.ledger.Of(b.t.Context(), Request(1))
	if err != nil {
		b.t.Fatal(err)
	}
	b.wantNumbers(got, 1, 3, 5)
	all := b.entries(0, 10)
	if len(got) == 3 && len(all) == 6 && !reflect.DeepEqual(got[2], all[4]) {
		b.t.Errorf("of a request it is %+v, in the list %+v", got[2], all[4])
	}
	if of, err := b.ledger.Of(b.t.Context(), Request(3)); err != nil || len(of) > 0 {
		b.t.Errorf("got %v (%v)", of, err)
	}
}

func (b *book) ends() {
	b.append(Entry(1, ledger.Deletion, ledger.Requested, begin))
	b.append(Entry(2, ledger.Deletion, ledger.Requested, begin.Add(time.Hour)))
	b.now.Store(begin.Add(ledger.Keep - time.Second).UnixMilli())
	b.wantNumbers(b.entries(0, 10), 1, 2)
	b.now.Store(begin.Add(ledger.Keep + time.Second).UnixMilli())
	b.wantNumbers(b.entries(0, 10), 2)
	b.wantNumbers(b.entries(0, 1), 2)
	if of, err := b.ledger.Of(b.t.Context(), Request(1)); err != nil || len(of) > 0 {
		b.t.Errorf("an ended entry is read: %v (%v)", of, err)
	}
	b.now.Store(begin.Add(2 * ledger.Keep).UnixMilli())
	b.wantNumbers(b.entries(0, 10))
	b.append(Entry(3, ledger.Deletion, ledger.Requested, b.clock()))
	b.wantNumbers(b.entries(0, 10), 3)
}

func (b *book) back() {
	b.append(Entry(1, ledger.Download, ledger.Requested, begin))
	b.append(Entry(2, ledger.Download, ledger.Requested, begin.Add(-time.Minute)))
	got := b.entries(0, 10)
	b.wantNumbers(got, 1, 2)
	if len(got) == 2 && !got[1].At.Equal(begin) {
		b.t.Errorf("the later entry is of %v", got[1].At)
	}
}

func (b *book) refused() {
	wrong := Entry(1, ledger.Deletion, ledger.Requested, begin)
	wrong.Who = "ann@example.com"
	if err := b.ledger.Append(b.t.Context(), wrong); err == nil {
		b.t.Error("an e-mail address was entered")
	}
	b.append(Entry(1, ledger.Deletion, ledger.Requested, begin))
	b.wantNumbers(b.entries(0, 10), 1)
}

const crowd = 16

func (b *book) together() {
	b.atOnce(func(n int) ledger.Entry { return Entry(n, ledger.Download, ledger.Requested, begin) })
	got := b.entries(0, 2*crowd)
	requests := map[ledger.RequestID]bool{}
	for _, e := range got {
		requests[e.Request] = true
	}
	if len(got) != crowd || len(requests) != crowd {
		b.t.Errorf("there are %d entries of %d requests, want %d", len(got), len(requests), crowd)
	}
}

func (b *book) sameTogether() {
	b.atOnce(func(int) ledger.Entry { return Entry(1, ledger.Download, ledger.Requested, begin) })
	b.wantNumbers(b.entries(0, 2*crowd), 1)
}

// atOnce appends a crowd of entries, all at the same time.
func (b *book) atOnce(entry func(n int) ledger.Entry) {
	b.t.Helper()
	var all sync.WaitGroup
	for n := range crowd {
		all.Go(func() {
			if err := b.ledger.Append(b.t.Context(), entry(n)); err != nil {
				b.t.Error(err)
			}
		})
	}
	all.Wait()
}
