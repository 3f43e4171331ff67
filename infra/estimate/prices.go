package estimate

// Prices are list prices in US dollars.
type Prices struct {
	Region, Day string

	Message          float64 // a message to or from a client, or each 32 KB of it
	ConnectionMinute float64
	HTTPRequest      float64
	Invocation       float64
	GBSecond         float64 // of a function on arm64
	WriteUnit        float64 // DynamoDB, on demand
	ReadUnit         float64
	StoredGB         float64 // DynamoDB, a month
	LogGB            float64 // written to CloudWatch Logs
	OutGB            float64 // to the internet
	Key              float64 // KMS, a month
	Alarm            float64 // CloudWatch, a month
	Dashboard        float64 // CloudWatch, a month
}

// Listed are the prices that this package was written with, as on the pricing
// pages of API Gateway (first tier), Lambda, DynamoDB, CloudWatch, KMS, and EC2
// (data transfer).
var Listed = Prices{
	Region: "us-east-1", Day: "2026-11-28",
	Message: 1.00e-6, ConnectionMinute: 0.25e-6, HTTPRequest: 1.00e-6,
	Invocation: 0.20e-6, GBSecond: 0.0000133334,
	WriteUnit: 0.625e-6, ReadUnit: 0.125e-6, StoredGB: 0.25,
	LogGB: 0.50, OutGB: 0.09,
	Key: 1.00, Alarm: 0.10, Dashboard: 3.00,
}

// Assumptions are what nobody can know before the first bill.
type Assumptions struct {
	// Seconds that an invocation takes besides posting, and that a post takes
	// of its function's time, many going on at once.
	Invocation, Post float64
	// GB is the memory of publish, fanout and api, which post, and OtherGB that
	// of the others, on average; see template.yaml.
	GB, OtherGB float64
	// LogBytes are what an invocation of connect, welcome, disconnect or api
	// writes. The others write when something is wrong.
	LogBytes float64
	// Envelope is what a frame has around its payload, in bytes; Event and
	// Subscriber what an event and a subscription take in a table.
	Envelope, Event, Subscriber float64
	// PartOf is how many connections one invocation posts to.
	PartOf float64
	// Alarms and Keys are how many the stack has, besides one dashboard.
	Alarms, Keys float64
}

// Assumed is what this package assumes.
var Assumed = Assumptions{
	Invocation: 0.015, Post: 0.0002, GB: 1, OtherGB: 0.35, LogBytes: 300,
	Envelope: 150, Event: 250, Subscriber: 150, PartOf: 2_000,
	Alarms: 9, Keys: 1,
}
