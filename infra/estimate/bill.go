package estimate

import (
	"math"
	"time"
)

// Line is one line of a bill: so many of something at a price.
type Line struct {
	Service  string  `json:"service"`
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Price    float64 `json:"price"` // of one unit, in US dollars
	Cost     float64 `json:"cost"`  // in US dollars
}

// Bill is what a workload costs in a month.
type Bill struct {
	Region string  `json:"region"`
	Day    string  `json:"prices_of"`
	Lines  []Line  `json:"lines"`
	Total  float64 `json:"total"` // in US dollars
	// Delivery is the share of a million deliveries in the total, in US dollars;
	// zero when nothing is delivered.
	Delivery float64 `json:"per_million_deliveries"`
}

// A month has 730 hours, as on AWS's own pages.
const (
	month   = 730 * time.Hour
	minutes = float64(month / time.Minute)
	seconds = float64(month / time.Second)
	gb      = 1e9
)

// counts is how often what happens in a month.
type counts struct {
	connects, subscribes, publishes, backend, deliveries, expiries float64
}

func (w Workload) counts() counts {
	c := counts{
		connects:  w.Connections * float64(month) / float64(w.Lifetime),
		publishes: w.Publishes * seconds, backend: w.Backend * seconds,
		expiries: minutes, // the schedule that ends connections with their tokens
	}
	c.subscribes = c.connects * w.Topics
	c.deliveries = (c.publishes + c.backend) * w.Subscribers
	return c
}

// Month returns what a workload, which has been checked, costs in a month.
func Month(w Workload, p Prices, a Assumptions) Bill {
	c := w.counts()
	b := Bill{Region: p.Region, Day: p.Day}
	b.gateway(w, c, p, a)
	b.lambda(w, c, p, a)
	b.dynamo(w, c, p, a)
	b.rest(w, c, p, a)
	if c.deliveries > 0 {
		b.Delivery = b.Total / c.deliveries * 1e6
	}
	return b
}

func (b *Bill) add(service, what string, quantity float64, unit string, price float64) {
	if quantity == 0 {
		return
	}
	l := Line{service, what, quantity, unit, price, quantity * price}
	b.Lines, b.Total = append(b.Lines, l), b.Total+l.Cost
}

// chunks is how many messages API Gateway counts for one frame: one for each
// 32 KB.
func chunks(bytes float64) float64 { return math.Max(1, math.Ceil(bytes/(32<<10))) }

func (b *Bill) gateway(w Workload, c counts, p Prices, a Assumptions) {
	each := chunks(float64(w.Bytes) + a.Envelope)
	b.add("API Gateway", "connection minutes", w.Connections*minutes, "minute", p.ConnectionMinute)
	b.add("API Gateway", "messages from clients", c.subscribes+c.publishes*each, "message", p.Message)
	b.add("API Gateway", "messages to clients: deliveries", c.deliveries*each, "message", p.Message)
	b.add("API Gateway", "messages to clients: welcomes and acks", c.connects+c.subscribes+c.publishes, "message", p.Message)
	b.add("API Gateway", "HTTP requests of backends", c.backend, "request", p.HTTPRequest)
}

func (b *Bill) lambda(w Workload, c counts, p Prices, a Assumptions) {
	messages := c.publishes + c.backend
	extra := 0.0 // invocations of fanout, beside the one that publishes
	if w.Subscribers > a.PartOf {
		extra = messages * (math.Ceil(w.Subscribers/a.PartOf) - 1)
	}
	posting := messages + extra
	others := 3*c.connects + c.subscribes + c.expiries + c.rollups()
	// Whoever invokes fanout waits for it.
	waiting := c.deliveries * a.Post
	if extra > 0 {
		waiting += messages * a.PartOf * a.Post
	}
	b.add("Lambda", "invocations", posting+others, "invocation", p.Invocation)
	b.add("Lambda", "time of what posts", (posting*a.Invocation+waiting)*a.GB, "GB-second", p.GBSecond)
	b.add("Lambda", "time of the others", others*a.Invocation*a.OtherGB, "GB-second", p.GBSecond)
}

// events is how many telemetry events are written: one for each message, each
// connect and each disconnect.
func (c counts) events() float64 { return c.publishes + c.backend + 2*c.connects }

// rollups is how many batches of events are summed up: one a minute, or one
// for each thousand events.
func (c counts) rollups() float64 {
	if c.events() == 0 {
		return 0
	}
	return math.Max(math.Min(minutes, c.events()), c.events()/1000)
}

// rolled is how many sums are written: one a minute for each of the eight parts
// that events are spread over, if there are so many events. Hours and days do
// not count.
func (c counts) rolled() float64 { return math.Min(8*minutes, c.events()) }

// dynamo counts as the tests of infra/dynamo do. A write of a transaction
// counts twice, a read is of 4 KB.
func (b *Bill) dynamo(w Workload, c counts, p Prices, a Assumptions) {
	messages := c.publishes + c.backend
	b.add("DynamoDB", "writes: connecting and disconnecting", c.connects*(2*2+2*2+2*w.Topics), "unit", p.WriteUnit)
	b.add("DynamoDB", "writes: subscribing", c.subscribes*3*2, "unit", p.WriteUnit)
	b.add("DynamoDB", "writes: telemetry", c.events()+c.rolled(), "unit", p.WriteUnit)
	// Four shards of a topic are read for a message, each at least one unit.
	page := math.Max(4, w.Subscribers*a.Subscriber/4096)
	reads := messages*page + // who has the topic
		(c.publishes + c.subscribes) + // the connection that asks
		c.connects*(5+1+2+4) + // quotas; welcome; disconnect; its announcements
		c.expiries*4 +
		c.rolled()*2 + c.events()*a.Event/4096 // each event is read once
	b.add("DynamoDB", "reads", reads, "unit", p.ReadUnit)
	stored := c.events()*float64(w.Retention)/float64(month)*a.Event + w.Connections*(2+2*w.Topics)*a.Subscriber
	b.add("DynamoDB", "storage", stored/gb, "GB-month", p.StoredGB)
}

func (b *Bill) rest(w Workload, c counts, p Prices, a Assumptions) {
	b.add("CloudWatch", "logs", (3*c.connects+c.backend)*a.LogBytes/gb, "GB", p.LogGB)
	b.add("CloudWatch", "alarms", a.Alarms, "alarm", p.Alarm)
	b.add("CloudWatch", "dashboard", 1, "dashboard", p.Dashboard)
	b.add("KMS", "key", a.Keys, "key", p.Key)
	out := c.deliveries*(float64(w.Bytes)+a.Envelope) + (c.connects+c.subscribes+c.publishes)*a.Envelope
	b.add("Data transfer", "to the internet", out/gb, "GB", p.OutGB)
}
