package load

import (
	"context"
	"fmt"
	"time"

	"tacet/infra/load/swarm"
)

// trial is one server being measured.
type trial struct {
	*run
	server Server
	target int
}

const (
	// rehearsal is how many subscribers a server sees before its memory is weighed, so that what it makes once is
	// not counted as what each connection costs.
	rehearsal = 50
	// bursts of one size in one round, at most, and after how much time there is no further one.
	bursts     = 3
	burstsTime = 2 * time.Second
)

// fill makes a fresh server full of idle connections, weighs it, and then makes it work.
func (t *trial) fill(ctx context.Context, size int) error {
	t.step("%d connections", size)
	if err := t.rehearse(ctx, min(rehearsal, size)); err != nil {
		return err
	}
	before, err := t.weigh(ctx)
	if err != nil {
		return err
	}
	clients, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer clients.Close()
	took, err := clients.Grow(ctx, size)
	if err != nil {
		return err
	}
	t.note(connects, size, float64(size)/took.Seconds())
	if err := clients.Subscribe(ctx, "bench-second"); err != nil {
		return err
	}
	after, err := t.weigh(ctx)
	if err != nil {
		return err
	}
	if t.server.PID != 0 {
		t.note(memory, size, float64(after-before)/1000/float64(size))
	}
	return t.work(ctx, clients, size)
}

// growth measures at one size after the other, on the same connections.
func (t *trial) growth(ctx context.Context, sizes []int) error {
	if len(sizes) == 0 {
		return nil
	}
	clients, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer clients.Close()
	for _, size := range sizes {
		if _, err := clients.Grow(ctx, size); err != nil {
			return err
		}
		if err := t.work(ctx, clients, size); err != nil {
			return err
		}
	}
	return nil
}

// work publishes one at a time, then in bursts.
func (t *trial) work(ctx context.Context, clients *swarm.Swarm, size int) error {
	t.step("messages to %d", size)
	defer t.listen()()
	if err := t.singles(ctx, clients, size); err != nil {
		return err
	}
	if size == 1 {
		return nil
	}
	return t.bursts(ctx, clients, size)
}

// singles sends one message at a time. The first tenth is practice. A message that does not reach everybody ends it: the
// next would have to wait as long.
func (t *trial) singles(ctx context.Context, clients *swarm.Swarm, size int) (err error) {
	n := t.plan.singles(size)
	var practice, sum tally
	defer func() { t.account(size, practice, sum) }()
	for range max(n/10, 1) {
		if err := practice.publish(ctx, clients, 1); err != nil {
			return err
		}
	}
	spent := t.spent()
	for range n {
		if err := sum.publish(ctx, clients, 1); err != nil {
			return err
		}
	}
	used := t.spent()
	t.note(lastP50, size, milliseconds(sum.took.Quantile(0.50)))
	t.note(lastP99, size, milliseconds(sum.took.Quantile(0.99)))
	t.sheet.keep(t.target, size, sum.took)
	t.noteCPU(cpuSingle, size, used.server-spent.server, sum.delivered)
	return nil
}

// bursts sends many messages at once, and again until one is lossy or time is over.
func (t *trial) bursts(ctx context.Context, clients *swarm.Swarm, size int) error {
	var sum tally
	defer func() { t.account(size, sum) }()
	var rates []float64
	var failure error
	spent := t.spent()
	for started := time.Now(); len(rates) < bursts && time.Since(started) < burstsTime && failure == nil; {
		before := sum.delivered
		failure = sum.publish(ctx, clients, t.plan.burst(size))
		if got := sum.delivered - before; got > 0 {
			rates = append(rates, float64(got)/sum.took[len(sum.took)-1].Seconds())
		}
	}
	used := t.spent()
	if sum.delivered > 0 {
		t.note(burst, size, median(rates))
		t.noteCPU(cpuBurst, size, used.server-spent.server, sum.delivered)
		t.note(cpuGenerator, size, microseconds(used.own-spent.own)/float64(sum.delivered))
	}
	return failure
}

// tally adds up outcomes.
type tally struct {
	took                   Samples
	delivered, lost, extra int
}

// publish sends n messages. Losses are counted, and are an error too: what is measured after them would not be what it
// is called.
func (sum *tally) publish(ctx context.Context, clients *swarm.Swarm, n int) error {
	outcome, err := clients.Publish(ctx, n)
	sum.took = append(sum.took, outcome.Took)
	sum.delivered += outcome.Delivered
	sum.lost += outcome.Lost
	sum.extra += outcome.Extra
	switch {
	case err != nil:
		return err
	case outcome.Gone > 0:
		return fmt.Errorf("%d deliveries and %d connections were lost; the first: %w", outcome.Lost, outcome.Gone, outcome.Why)
	case outcome.Lost > 0:
		return fmt.Errorf("%d of %d deliveries were lost", outcome.Lost, outcome.Lost+outcome.Delivered)
	}
	return nil
}

// account notes what was lost or came twice.
func (t *trial) account(size int, tallies ...tally) {
	for _, sum := range tallies {
		t.note(lost, size, float64(sum.lost))
		t.note(extra, size, float64(sum.extra))
	}
}

// open makes the publisher.
func (t *trial) open(ctx context.Context) (*swarm.Swarm, error) {
	return swarm.Open(ctx, swarm.Settings{
		URL: t.server.URL, Token: t.server.Token, Dialect: t.plan.Targets[t.target].Dialect,
		Topic: "bench", Payload: t.plan.payload(), Patience: t.plan.Patience,
	})
}

// rehearse lets the server do once what it will do again.
func (t *trial) rehearse(ctx context.Context, size int) error {
	clients, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer clients.Close()
	if _, err := clients.Grow(ctx, size); err != nil {
		return err
	}
	if err := clients.Subscribe(ctx, "bench-second"); err != nil {
		return err
	}
	_, err = clients.Publish(ctx, 20)
	return err
}

func (t *trial) note(m Measure, size int, value float64) { t.sheet.note(t.target, m, size, value) }

func (t *trial) noteCPU(m Measure, size int, used time.Duration, deliveries int) {
	if t.server.PID != 0 && deliveries > 0 {
		t.note(m, size, microseconds(used)/float64(deliveries))
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
