package scenario_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const mib = 1 << 20

// A client that never reads is ended, one that begins to read is told why, with
// a code that invites it back; whoever reads loses nothing, and nothing is
// piled up for those who do not.
func TestAClientThatNeverReadsHurtsNobody(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	before := p.resident()
	never, late, quick, speaker := p.dial(t), p.dial(t), p.dial(t), p.dial(t)
	for _, s := range []*peer{never, late, quick} {
		s.subscribe("flood")
	}

	const messages, size = 2000, 30 << 10 // 60 MB for each: more than all buffers on the way
	var readers sync.WaitGroup
	window, gaveUp := make(chan struct{}, 50), make(chan struct{}) // how far the reader may be behind
	readers.Go(func() {
		defer close(gaveUp)
		for i := range messages {
			if topic, _, data := quick.hear(); topic != "flood" || !strings.HasSuffix(string(data), fmt.Sprintf(`"id":"%d"}`, i)) {
				t.Errorf("instead of message %d came one of %s", i, topic)
				return
			}
			<-window
		}
	})
	payload, wakened := strings.Repeat("x", size), false
	for i := range messages {
		select {
		case window <- struct{}{}:
		case <-gaveUp:
			t.FailNow()
		}
		speaker.say("publish", fmt.Sprintf(`{"topic":"flood","id":"%d","payload":%q}`, i, payload))
		id, matched, delivered := speaker.acked()
		if id != strconv.Itoa(i) || delivered < 1 {
			t.Fatalf("the ack of %d is of %s: matched %d, delivered %d", i, id, matched, delivered)
		}
		if delivered < matched && !wakened {
			wakened = true
			readers.Go(func() {
				if code := late.closed(); code != 4001 {
					t.Errorf("the one who read too late was closed with %d", code)
				}
			})
		}
	}
	readers.Wait()
	if !wakened {
		t.Error("everything was delivered to those who do not read")
	}
	until(t, "the end of those who do not read", func() bool { return p.subscribers("flood") == 1 })
	if grown := p.resident() - before; grown > 128*mib {
		t.Errorf("memory has grown by %d MiB", grown/mib)
	}
	never.closed() // with or without a word: it did not listen
}

// Ten thousand frames at once are answered one by one, in their order, and
// nobody else notices.
func TestABurstOfTenThousandFramesIsAnsweredInOrder(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	before := p.resident()
	const frames = 10_000
	speaker, listener, bystander := p.dial(t), p.dial(t), p.dial(t)
	listener.subscribe("burst")

	var work sync.WaitGroup
	work.Go(func() {
		for i := range frames {
			if _, _, data := listener.hear(); !strings.HasSuffix(string(data), fmt.Sprintf(`"payload":%d,"id":"%d"}`, i, i)) {
				t.Errorf("message %d is %s", i, data)
				return
			}
		}
	})
	work.Go(func() {
		for i := range frames {
			if id, matched, delivered := speaker.acked(); id != strconv.Itoa(i) || matched != 1 || delivered != 1 {
				t.Errorf("ack %d is of %s: matched %d, delivered %d", i, id, matched, delivered)
				return
			}
		}
	})
	var done atomic.Bool
	work.Go(func() {
		for !done.Load() {
			bystander.say("ping", "{}")
			if _, kind, _ := bystander.hear(); kind != "pong" {
				t.Errorf("the bystander hears %s", kind)
			}
		}
	})
	for i := range frames {
		speaker.say("publish", fmt.Sprintf(`{"topic":"burst","payload":%d,"id":"%d"}`, i, i))
	}
	done.Store(true)
	work.Wait()
	if grown := p.resident() - before; grown > 128*mib {
		t.Errorf("memory has grown by %d MiB", grown/mib)
	}
}

// Two thousand connections that vanish without a close frame leave nothing
// behind: no subscription, no open connection, and no memory that does not
// come back when it is needed again.
func TestConnectionsThatVanishLeaveNothingBehind(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	const crowd, rounds = 2000, 3
	var after [rounds]int
	for round := range rounds {
		peers := make([]*peer, crowd)
		var work sync.WaitGroup
		for part := range 8 {
			work.Go(func() {
				for i := part; i < crowd; i += 8 {
					peers[i] = p.dial(t)
					peers[i].subscribe("crowd")
				}
			})
		}
		work.Wait()
		if n := p.subscribers("crowd"); n != crowd {
			t.Fatalf("%d of %d have subscribed", n, crowd)
		}
		for _, s := range peers {
			s.vanish()
		}
		until(t, "all subscriptions to be gone", func() bool { return p.subscribers("crowd") == 0 })
		until(t, "all connections to be gone", func() bool { return p.today().Disconnections == (round+1)*crowd })
		after[round] = p.resident()
	}
	t.Logf("memory after each round: %d", after)
	if grown := after[rounds-1] - after[0]; grown > 32*mib {
		t.Errorf("memory has grown by %d MiB after the first round: %d", grown/mib, after)
	}
}

// subscribers returns how many connections have a topic.
func (p *process) subscribers(topic string) int {
	p.t.Helper()
	var answer struct{ Subscribers int }
	p.get("/api/topics/"+p.App+"/"+topic, &answer)
	return answer.Subscribers
}
