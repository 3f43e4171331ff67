package poster

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/parcel"
)

// abreast is how many parcels are under way at once, of all posts together: what
// each holds of a frame is 4/3 of it, and the function has to be allowed as many
// instances. Pages of one audience are posted at the same time.
const abreast = 32

// split is a pubsub.Poster that has help.
type split struct {
	pubsub.Poster
	call func(ctx context.Context, payload []byte) ([]byte, error)
	most int
	// turns holds one for each parcel that is under way.
	turns chan struct{}
}

// whole is a frame for so many that they are divided.
type whole struct {
	*split
	frame wire.Frame
	until time.Time

	// here takes one part at a time to be posted from here: one has all the
	// connections that there are, and several would hold the frame more often.
	here chan struct{}

	mu     sync.Mutex
	posted pubsub.Posted
}

// Split returns a poster that posts to up to threshold connections itself, by
// way of direct, and with more cuts them into parts that are no larger: one of
// them it posts itself, each other one goes out in a parcel.Parcel, by call, at
// the same time. call must invoke the function fanout synchronously: a parcel
// holds the message, and what is invoked asynchronously rests in a queue.
//
// When a call fails, nobody knows whether the frame was posted, and its part is
// Failed: it is not posted again. Only if the error has a method NotStarted
// that returns true the part is posted from here.
func Split(direct pubsub.Poster, call func(ctx context.Context, payload []byte) ([]byte, error), threshold int) pubsub.Poster {
	return &split{direct, call, max(threshold, 1), make(chan struct{}, abreast)}
}

// Post implements pubsub.Poster.
func (s *split) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if len(to) <= s.most {
		return s.Poster.Post(ctx, to, f)
	}
	parts := (len(to) + s.most - 1) / s.most
	size := (len(to) + parts - 1) / parts
	w := whole{split: s, frame: f, until: until(ctx, time.Now()), here: make(chan struct{}, 1)}
	var calls sync.WaitGroup
	for part := range slices.Chunk(to[size:], size) {
		calls.Go(func() {
			s.turns <- struct{}{}
			defer func() { <-s.turns }()
			w.send(ctx, part)
		})
	}
	w.post(ctx, to[:size])
	calls.Wait()
	return w.posted
}

// post posts a part from here.
func (w *whole) post(ctx context.Context, part []wire.ConnID) {
	w.here <- struct{}{}
	defer func() { <-w.here }()
	w.add(w.Poster.Post(ctx, part, w.frame))
}

// send has a part posted elsewhere.
func (w *whole) send(ctx context.Context, part []wire.ConnID) {
	waiting, cancel := context.WithDeadline(ctx, w.until)
	defer cancel()
	posted, err := w.ask(waiting, part)
	var refusal interface{ NotStarted() bool }
	switch {
	case err == nil:
		w.add(posted)
	case errors.As(err, &refusal) && refusal.NotStarted():
		w.post(ctx, part)
	default:
		w.add(pubsub.Posted{Failed: part})
	}
}

// ask makes the call for a part, and returns what it says became of it.
func (w *whole) ask(ctx context.Context, part []wire.ConnID) (pubsub.Posted, error) {
	p := parcel.Parcel{To: part, Frame: w.frame, Until: w.until}
	payload, err := p.Encode()
	if err != nil {
		return pubsub.Posted{}, err
	}
	answer, err := w.call(ctx, payload)
	if err != nil {
		return pubsub.Posted{}, err
	}
	return parcel.DecodeReceipt(answer, part)
}

func (w *whole) add(p pubsub.Posted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posted.Delivered += p.Delivered
	w.posted.Gone = append(w.posted.Gone, p.Gone...)
	w.posted.Failed = append(w.posted.Failed, p.Failed...)
}
