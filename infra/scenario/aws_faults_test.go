package scenario_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/infra/dynamo"
	"tacet/infra/local/gateway"
	"tacet/infra/local/guard"
	"tacet/infra/local/runtime"
	"tacet/infra/local/site"
	"tacet/infra/local/stack"
)

// weather is when everything that functions rely on fails now and then.
type weather struct {
	bad  atomic.Bool
	hits sync.Map // of troubles, to *atomic.Int64
}

// random is what hosts of functions and gateways ask: in fair weather nothing
// happens.
func (w *weather) random() float64 {
	if !w.bad.Load() {
		return 1
	}
	return rand.Float64()
}

var troubles = map[guard.Service][]guard.Trouble{
	guard.DynamoDB: {
		guard.Throttled, guard.Throttled, guard.Conflicting, guard.Refused, guard.Reset, guard.Lost, guard.Lost, guard.Broken, guard.Unprocessed, guard.Hanging,
	},
	guard.Lambda:      {guard.Throttled, guard.Refused, guard.Reset, guard.Lost},
	guard.Connections: {guard.Throttled, guard.Throttled, guard.Refused, guard.Gone, guard.Reset, guard.Lost, guard.Broken, guard.Stalled},
}

// trouble strikes one call in ten.
func (w *weather) trouble(c guard.Call) guard.Trouble {
	if w.random() >= 0.1 {
		return guard.None
	}
	some := troubles[c.Service]
	t := some[rand.N(len(some))]
	n, _ := w.hits.LoadOrStore(string(c.Service)+" "+string(t), new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	return t
}

// witness is a connection that remembers what it heard.
type witness struct {
	net.Conn
	write sync.Mutex

	mu      sync.Mutex
	heard   map[string]int   // messages, by their payload
	counts  map[string]count // acks, by id
	answers int              // acks, and what else answers a request
	news    chan struct{}
	ended   bool
}

// count is what an ack says.
type count struct{ Matched, Delivered, Gone int }

// attend opens a connection, again and again until it is let in.
func attend(t *testing.T, facts site.Facts) *witness {
	t.Helper()
	var conn net.Conn
	until(t, "a connection", func() bool {
		dialer := ws.Dialer{Timeout: wide}
		c, early, _, err := dialer.Dial(t.Context(), facts.WebSocket+"?access_token="+facts.ClientToken)
		if err != nil {
			return false
		}
		if conn = c; early != nil {
			conn = &buffered{c, early}
		}
		return true
	})
	w := &witness{Conn: conn, heard: map[string]int{}, counts: map[string]count{}, news: make(chan struct{}, 1)}
	t.Cleanup(func() { conn.Close() })
	go w.listen()
	return w
}

// buffered is a connection of which something has been read already.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

func (w *witness) listen() {
	for {
		text, _, err := wsutil.ReadServerData(w.Conn)
		w.mu.Lock()
		if err != nil {
			w.ended = true
			w.mu.Unlock()
			return
		}
		w.note(text)
		w.mu.Unlock()
		select {
		case w.news <- struct{}{}:
		default:
		}
	}
}

// note remembers a frame. API Gateway's own, which say that a function failed,
// have no topic.
func (w *witness) note(text []byte) {
	var f struct {
		Topic, MessageType string
		Data               struct {
			Data    string
			Payload string
			count
		}
	}
	if json.Unmarshal(text, &f) != nil {
		return
	}
	switch {
	case f.Topic == "load":
		w.heard[f.Data.Payload]++
	case f.MessageType == "ack":
		w.counts[f.Data.Data] = f.Data.count
		w.answers++
	case f.MessageType == "error", f.Topic == "":
		w.answers++
	}
}

// ask sends a request, waits until it is answered, and reports whether that was
// an ack. Otherwise nobody knows what became of it, but that nothing more will.
func (w *witness) ask(kind, id, data string) bool {
	w.mu.Lock()
	before := w.answers
	w.mu.Unlock()
	w.write.Lock()
	err := wsutil.WriteClientText(w.Conn, fmt.Appendf(nil, `{"type":%q,"data":{"topic":"load","id":%q%s}}`, kind, id, data))
	w.write.Unlock()
	for deadline := time.After(wide); err == nil; {
		w.mu.Lock()
		_, acked := w.counts[id]
		over := w.ended || w.answers > before
		w.mu.Unlock()
		if over {
			return acked
		}
		select {
		case <-w.news:
		case <-deadline:
			return false
		}
	}
	return false
}

func (w *witness) has(payload string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.heard[payload] > 0
}

func (w *witness) open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.ended
}

// While DynamoDB throttles, loses answers and does batches by halves, while
// posts are refused, reset or never answered, and functions crash, are late, or
// run twice for one event, acks tell the truth; and afterwards the stores hold
// what they should.
func TestAcksTellTheTruthInBadWeather(t *testing.T) {
	var w weather
	s, _ := onAWS(t, stack.Options{
		Trouble: w.trouble,
		Lambda:  runtime.Hostile{Crash: 0.02, Timeout: 0.02, Throttle: 0.02, Twice: 0.3, Random: w.random},
		Gateway: gateway.Hostile{DropDisconnect: 0.3, DuplicateDisconnect: 0.3, SpuriousGone: 0.01, Random: w.random},
	})
	facts := s.Running().Facts
	const peers, messages = 6, 8

	w.bad.Store(true)
	people := make([]*witness, peers)
	for i := range people {
		people[i] = attend(t, facts)
	}
	counts := map[string]count{}
	var mu sync.Mutex
	var load sync.WaitGroup
	for i, p := range people {
		load.Go(func() {
			for n := 0; p.open() && n < 10 && !p.ask("subscribe", fmt.Sprintf("s-%d-%d", i, n), ""); n++ {
			}
			for n := range messages {
				id := fmt.Sprintf("p-%d-%d", i, n)
				p.ask("publish", id, `,"payload":"`+id+`"`)
			}
		})
	}
	load.Go(func() {
		for n := range messages {
			id := fmt.Sprintf("h-%d", n)
			if c, ok := backend(facts, id); ok {
				mu.Lock()
				counts[id] = c
				mu.Unlock()
			}
		}
	})
	load.Wait()
	w.bad.Store(false)

	for _, p := range people {
		p.mu.Lock()
		for id, c := range p.counts {
			if !strings.HasPrefix(id, "s") {
				counts[id] = c
			}
		}
		p.mu.Unlock()
	}
	judge(t, people, counts)
	w.hits.Range(func(what, n any) bool { t.Logf("%4d × %s", n.(*atomic.Int64).Load(), what); return true })

	invariants(t, s, peers)
	w.bad.Store(true)
	for _, p := range people {
		p.Close()
	}
	until(t, "the end of all connections", func() bool { return s.Connections() == 0 })
	w.bad.Store(false)
	forget(t, s)
	invariants(t, s, 0)
}

// backend publishes over HTTP, and returns what is said of it.
func backend(facts site.Facts, id string) (count, bool) {
	r, err := http.NewRequest(http.MethodPost, facts.HTTP+"/api/topics/"+string(facts.App)+"/publish",
		strings.NewReader(`{"topic":"load","message":{"payload":"`+id+`"}}`))
	if err != nil {
		return count{}, false
	}
	r.Header.Set("Authorization", "Bearer "+facts.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: wide}).Do(r)
	if err != nil {
		return count{}, false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	var c count
	return c, err == nil && answer.StatusCode == http.StatusOK && json.NewDecoder(bytes.NewReader(body)).Decode(&c) == nil
}

// judge holds what acks say against what was heard. All that an ack counts was
// on its way before it; a last message, which comes behind it, says that it has
// arrived. Not everything that was heard is counted: an answer may have been
// lost.
func judge(t *testing.T, people []*witness, counts map[string]count) {
	t.Helper()
	last := fmt.Sprintf("last-%d", time.Now().UnixNano())
	for _, p := range people {
		until(t, "the last message", func() bool {
			return !p.open() || p.has(last) || !p.ask("subscribe", "again", "") || p.ask("publish", last, `,"payload":"`+last+`"`) && p.has(last)
		})
	}
	if len(counts) < len(people) {
		t.Errorf("of all messages only %d were acknowledged", len(counts))
	}
	for id, c := range counts {
		heard := 0
		for _, p := range people {
			if p.has(id) || !p.open() { // who has gone may have heard it
				heard++
			}
		}
		if c.Delivered > heard || c.Delivered+c.Gone > c.Matched || c.Matched > len(people) {
			t.Errorf("of %s is said %+v, and %d heard it", id, c, heard)
		}
	}
}

func stores(s *stack.Stack) (*dynamo.Realtime, pubsubtest.Stores) {
	r := dynamo.NewRealtime(s.Database(), "RealtimeTable", time.Now)
	return r, pubsubtest.Stores{Connections: r, Subscriptions: r, Audience: r, Rates: new(dynamo.Rates)}
}

// invariants holds the stores against one another. There may be no more
// connections than those.
func invariants(t *testing.T, s *stack.Stack, most int) {
	t.Helper()
	r, all := stores(s)
	ids, err := pubsubtest.ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) { return r.OfApp(t.Context(), s.Running().App, from) })
	if err != nil || len(ids) > most {
		t.Errorf("%d connections are known, of %d at most: %v", len(ids), most, err)
	}
	pubsubtest.Check(t, all, time.Now(), s.Running().App)
}

// forget removes what is left of connections whose end nobody was told of, as
// whoever posts to them does, or as they expire.
func forget(t *testing.T, s *stack.Stack) {
	t.Helper()
	r, _ := stores(s)
	ids, err := pubsubtest.ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) { return r.OfApp(t.Context(), s.Running().App, from) })
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := r.Remove(t.Context(), id); err != nil && !errors.Is(err, pubsub.ErrNoConnection) { // $disconnect is late, but comes
			t.Errorf("%s cannot be forgotten: %v", id, err)
		}
	}
}
