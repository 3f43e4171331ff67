package poster

import (
	"context"
	"errors"
	"sync"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/parcel"
)

// abreast is how many parcels are under way at once: what each holds of a frame
// is 4/3 of it, and the function has to be allowed as many instances.
const abreast = 32

// split is a pubsub.Poster that has help.
type split struct {
	pubsub.Poster
	call func(ctx context.Context, payload []byte) ([]byte, error)
	most int
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
	return &split{direct, call, max(threshold, 1)}
}

// Post implements pubsub.Poster.
func (s *split) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if len(to) <= s.most {
		return s.Poster.Post(ctx, to, f)
	}
	parts := (len(to) + s.most - 1) / s.most
	size := (len(to) + parts - 1) / parts
	var all sum
	var calls sync.WaitGroup
	turns := make(chan struct{}, abreast)
	for rest := to[size:]; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		part := rest[:min(size, len(rest))]
		calls.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			all.add(s.send(ctx, part, f))
		})
	}
	all.add(s.Poster.Post(ctx, to[:size], f))
	calls.Wait()
	return all.posted
}

// send has a part posted elsewhere, and says what became of it.
func (s *split) send(ctx context.Context, part []wire.ConnID, f wire.Frame) pubsub.Posted {
	p := parcel.Parcel{To: part, Frame: f, Until: until(ctx, time.Now())}
	payload, err := p.Encode()
	if err != nil {
		return pubsub.Posted{Failed: part}
	}
	waiting, cancel := context.WithDeadline(ctx, p.Until)
	defer cancel()
	answer, err := s.call(waiting, payload)
	var refusal interface{ NotStarted() bool }
	switch {
	case errors.As(err, &refusal) && refusal.NotStarted():
		return s.Poster.Post(ctx, part, f)
	case err != nil:
		return pubsub.Posted{Failed: part}
	}
	posted, err := parcel.DecodeReceipt(answer, part)
	if err != nil {
		return pubsub.Posted{Failed: part}
	}
	return posted
}

// sum adds up what became of parts.
type sum struct {
	mu     sync.Mutex
	posted pubsub.Posted
}

func (s *sum) add(p pubsub.Posted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posted.Delivered += p.Delivered
	s.posted.Gone = append(s.posted.Gone, p.Gone...)
	s.posted.Failed = append(s.posted.Failed, p.Failed...)
}
