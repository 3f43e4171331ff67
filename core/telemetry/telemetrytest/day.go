package telemetrytest

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/wire"
)

// Day is a UTC day of an application that nobody has, as it might be: most
// happens at noon, a few topics have most of the messages, connections come and
// go, some are refused. Two equal ones are the same, event by event.
type Day struct {
	App         app.ID
	Midnight    time.Time
	Messages    int
	Connections int // opened; each for half an hour or so, and two hours at most
	Topics      int
	Retention   time.Duration
	Seed        uint64
}

// FullDay is the day that figures are stated for.
func FullDay(of app.ID, midnight time.Time) Day {
	return Day{App: of, Midnight: midnight, Messages: 10_000_000, Connections: 100_000, Topics: 1000, Retention: 400 * day, Seed: 1}
}

// Divided is a day of as many topics, on which so much less happens.
func (d Day) Divided(by int) Day {
	d.Messages, d.Connections = max(d.Messages/by, 1), max(d.Connections/by, 1)
	return d
}

// After is the day so many days later, on which much the same happens.
func (d Day) After(days int) Day {
	d.Midnight = d.Midnight.AddDate(0, 0, days)
	d.Seed += uint64(days)
	return d
}

// Pass lets the day pass, in pieces: happen is told what happened in each, which
// it does not keep, and when the piece is over. Each event is counted.
func (d Day) Pass(every time.Duration, count func(telemetry.Event), happen func([]telemetry.Record, time.Time)) {
	until := d.Midnight.Add(every)
	var happened []telemetry.Record
	for r := range d.Records() {
		for ; !r.At.Before(until); until = until.Add(every) {
			happen(happened, until)
			happened = happened[:0]
		}
		happened = append(happened, r)
		count(r.Event)
	}
	happen(happened, d.Midnight.AddDate(0, 0, 1))
}

// Records are the events of the day in order of time.
func (d Day) Records() iter.Seq[telemetry.Record] {
	return func(yield func(telemetry.Record) bool) {
		s := newStage(d, yield)
		for i := 0; i < d.Messages && !s.over; i++ {
			at := d.busy((float64(i) + s.rand.Float64()) / float64(d.Messages))
			s.until(at)
			s.message(at)
			if i%200 == 17 {
				s.refusal(at + 1)
			}
		}
		s.until(day)
	}
}

// busy returns when the nth part of a day's events has happened: at noon
// four times as much happens as at midnight.
func (d Day) busy(part float64) time.Duration {
	return time.Duration(float64(day) * (part + 0.6/(2*math.Pi)*math.Sin(2*math.Pi*part)))
}

// stage is where a day happens.
type stage struct {
	Day
	rand   *rand.Rand
	yield  func(telemetry.Record) bool
	over   bool // nobody looks any more
	people []person
	topics []privacy.RecordedTopic
	upTo   []float64 // the part of the messages that are on a topic or one before it
	coming []change
	open   []int32 // people, in no order
	seats  []int32 // where in open somebody is
}

// person is who opens a connection. Several may come from one network.
type person struct {
	address privacy.Anonymised
	country privacy.Country
}

// change is that somebody comes or goes.
type change struct {
	at   time.Duration
	who  int32
	goes bool
}

// refusals are why something is refused, one as often as the other.
var refusals = []wire.Code{wire.CodeInvalid, wire.CodeInvalidTopic, wire.CodeMessageTooBig, wire.CodeMessageTooBig, wire.CodeMessageTooBig}

// countries are where people come from, as many from one as from the other.
var countries = []privacy.Country{"DE", "DE", "DE", "FR", "FR", "IN", "IN", "US", "BR", "JP", "NZ", ""}

func newStage(d Day, yield func(telemetry.Record) bool) *stage {
	s := &stage{Day: d, rand: rand.New(rand.NewPCG(d.Seed, 0x7461636574)), yield: yield}
	networks := make([]person, max(d.Connections*6/10, 1))
	for i := range networks {
		// Where the address is encrypted for the day, so it is another one each day.
		text := fmt.Sprintf("ipcrypt/1/2001:db8:%x:%x:%x::%x", s.rand.Uint32N(1<<16), s.rand.Uint32N(1<<16), s.rand.Uint32N(1<<16), i&0xffff)
		if err := networks[i].address.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
		networks[i].country = countries[s.rand.IntN(len(countries))]
	}
	s.people, s.seats = make([]person, d.Connections), make([]int32, d.Connections)
	for i := range s.people {
		s.people[i] = networks[s.rand.IntN(len(networks))]
		from := d.busy(s.rand.Float64())
		to := from + min(time.Duration(s.rand.ExpFloat64()*float64(30*time.Minute)), 2*time.Hour)
		s.coming = append(s.coming, change{from, int32(i), false}, change{to, int32(i), true})
	}
	slices.SortStableFunc(s.coming, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	sum := 0.0
	for i := range d.Topics {
		s.topics = append(s.topics, privacy.RecordedTopic(fmt.Sprintf("room/%03d", i)))
		sum += 1 / math.Pow(float64(i+2), 1.05)
		s.upTo = append(s.upTo, sum)
	}
	return s
}

func (s *stage) happens(e telemetry.Event, at time.Duration) {
	if s.over || at >= day {
		return
	}
	e.Node, e.App, e.At = "eu-central-1/abcdefghij/v1", s.App, s.Midnight.Add(at)
	s.over = !s.yield(telemetry.Record{Event: e, Expires: e.At.Add(s.Retention).Truncate(time.Second)})
}

// until lets everybody come and go who does so by then.
func (s *stage) until(at time.Duration) {
	for len(s.coming) > 0 && s.coming[0].at <= at && !s.over {
		c := s.coming[0]
		s.coming = s.coming[1:]
		who := s.people[c.who]
		e := telemetry.Event{Topic: telemetry.TopicConnect, ClientIP: who.address}
		if c.goes {
			e.Topic, e.Subscribers = telemetry.TopicDisconnect, len(s.open)
			last := s.open[len(s.open)-1]
			s.open[s.seats[c.who]], s.seats[last] = last, s.seats[c.who]
			s.open = s.open[:len(s.open)-1]
		} else {
			s.seats[c.who] = int32(len(s.open))
			s.open = append(s.open, c.who)
			e.Country, e.Subscribers = who.country, len(s.open)
		}
		s.happens(e, c.at)
	}
}

// anybody returns one of those who are there, or a backend.
func (s *stage) anybody() privacy.Anonymised {
	if len(s.open) == 0 {
		return s.people[0].address
	}
	return s.people[s.open[s.rand.IntN(len(s.open))]].address
}

func (s *stage) message(at time.Duration) {
	rank := sort.SearchFloat64s(s.upTo, s.rand.Float64()*s.upTo[len(s.upTo)-1])
	subscribers := len(s.open) * 2 / (rank + 3)
	s.happens(telemetry.Event{
		Topic: s.topics[rank], PublisherIP: s.anybody(), Subscribers: subscribers, Size: 20 + int(s.rand.ExpFloat64()*300),
		TookMicros: 400 + int64(s.rand.ExpFloat64()*1500) + 3*int64(subscribers),
	}, at)
}

func (s *stage) refusal(at time.Duration) {
	code := refusals[s.rand.IntN(len(refusals))]
	s.happens(telemetry.Event{Topic: telemetry.TopicError, ClientIP: s.anybody(), Code: int(code)}, at)
}
