package poster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
	"tacet/infra/entry"
	"tacet/infra/parcel"
	"tacet/infra/poster"
)

// refusal is an error that says whether the call has begun.
type refusal bool

func (refusal) Error() string      { return "refused" }
func (r refusal) NotStarted() bool { return bool(r) }

// What can become of a call.
const (
	works   = iota
	refuses // before anything happened
	breaks  // after some of it happened
	doubts  // and says that it may have happened
	lies    // answers what is no receipt
	ways
)

// Whatever becomes of the parts, no connection gets a frame twice, and of each
// it is said what became of it; only a part that is lost may have happened
// although it is called failed.
func TestPartsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		to := numbered(rapid.IntRange(1, 60).Draw(rt, "connections"))
		threshold := rapid.IntRange(1, 20).Draw(rt, "threshold")
		fates := rapid.SliceOfN(rapid.IntRange(0, ways-1), 60, 60).Draw(rt, "fates")
		here, there := pubsubtest.NewPoster(t), pubsubtest.NewPoster(t)
		reach := rapid.SliceOfN(rapid.SampledFrom([]pubsubtest.Reach{pubsubtest.Open, pubsubtest.Gone, pubsubtest.Failing}), len(to), len(to)).Draw(rt, "reach")
		for i, id := range to {
			here.Set(id, reach[i])
			there.Set(id, reach[i])
		}
		lost := map[wire.ConnID]bool{}
		var mu sync.Mutex
		calls := 0
		split := poster.Split(here, func(ctx context.Context, payload []byte) ([]byte, error) {
			p, err := parcel.Decode(payload)
			mu.Lock()
			fate := fates[calls]
			calls++
			if err != nil || len(p.To) > threshold {
				rt.Errorf("a parcel for %d: %v", len(p.To), err)
			}
			for _, id := range p.To {
				lost[id] = fate == breaks || fate == lies || fate == doubts
			}
			mu.Unlock()
			if fate == refuses {
				return nil, fmt.Errorf("wrapped: %w", refusal(true))
			}
			receipt, err := entry.Fanout{Poster: there}.Invoke(ctx, payload)
			switch fate {
			case breaks:
				return nil, errors.New("lost")
			case doubts:
				return nil, refusal(false)
			case lies:
				return []byte(`{"delivered":1000}`), nil
			}
			return receipt, err
		}, threshold)

		posted := split.Post(t.Context(), to, text("{}"))
		if wrong := miscounted(posted, to); wrong != "" {
			rt.Fatal(wrong)
		}
		delivered := 0
		for i, id := range to {
			got := len(here.Frames(id)) + len(there.Frames(id))
			want := reach[i]
			if lost[id] {
				want = pubsubtest.Failing // as far as anybody here knows
			} else if want == pubsubtest.Open {
				delivered++
			}
			if got > 1 || want == pubsubtest.Open && got == 0 {
				rt.Fatalf("%s got the frame %d times", id, got)
			}
			if slices.Contains(posted.Gone, id) != (want == pubsubtest.Gone) || slices.Contains(posted.Failed, id) != (want == pubsubtest.Failing) {
				rt.Fatalf("%+v, and of %s it should be %v", posted, id, want)
			}
		}
		if posted.Delivered != delivered {
			rt.Fatalf("%d delivered, and %+v", delivered, posted)
		}
		if parts := (len(to) + threshold - 1) / threshold; calls != parts-1 {
			rt.Fatalf("%d calls for %d connections in parts of %d", calls, len(to), threshold)
		}
	})
}

// Parts go out at the same time, and come back before their sender's time is
// over; those that do not are failed.
func TestPartsAreParallelAndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const second = time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 10*second)
		defer cancel()
		end, _ := ctx.Deadline()
		var together, most atomic.Int32
		split := poster.Split(pubsubtest.NewPoster(t), func(ctx context.Context, payload []byte) ([]byte, error) {
			most.Store(max(most.Load(), together.Add(1)))
			defer together.Add(-1)
			p, err := parcel.Decode(payload)
			if err != nil || p.Until.IsZero() || !p.Until.Before(end) {
				t.Errorf("until %v, when all is over at %v: %v", p.Until, end, err)
			}
			if slices.Contains(p.To, "c99=") {
				<-ctx.Done() // it hangs
				return nil, ctx.Err()
			}
			time.Sleep(second) // of the bubble's time
			return parcel.Receipt(pubsub.Posted{Delivered: len(p.To)})
		}, 10)
		begun := time.Now()
		to := numbered(1000)
		posted := split.Post(ctx, to, text("{}"))
		counted(t, posted, to)
		if posted.Delivered != 990 || len(posted.Failed) != 10 {
			t.Errorf("posted %+v", posted)
		}
		if took := time.Since(begun); took >= 10*second || most.Load() != 32 {
			t.Errorf("%d at once, and done after %v", most.Load(), took)
		}
	})
}

func TestFewAreNotSplit(t *testing.T) {
	here := pubsubtest.NewPoster(t)
	split := poster.Split(here, func(context.Context, []byte) ([]byte, error) {
		t.Error("called")
		return nil, refusal(true)
	}, 10)
	if posted := split.Post(t.Context(), numbered(10), text("{}")); posted.Delivered != 10 {
		t.Errorf("posted %+v", posted)
	}
	if err := split.Close(t.Context(), "c0=", wire.CloseTokenExpired, "why"); err != nil {
		t.Error(err)
	}
	if _, ended := here.Ended("c0="); !ended {
		t.Error("closing did not reach it")
	}
}
