package template

import (
	"strings"
	"time"
)

// Stream is a function's event source: the stream of a table.
type Stream struct {
	Line        int
	Table       string // logical id, or what stands for it
	From        string // "LATEST", "TRIM_HORIZON"
	BatchSize   int
	Window      time.Duration // for a batch to fill
	Retries     int           // -1: for ever
	MaxAge      time.Duration // 0: for ever
	Bisect      bool          // when a batch fails
	PartialFail bool          // the function says which records failed
	Enabled     bool
	Filters     []string // patterns, one of which a record must match
}

// Schedule is a function's event source: the time.
type Schedule struct {
	Line       int
	Expression string // "rate(1 minute)", "cron(…)"
	Input      string
	Enabled    bool
}

// What Lambda has where a template says nothing:
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
const defaultBatch = 100

// event reads an event source of a SAM function.
func (b *builder) event(f *Function, take taker, name string, v value) {
	p := v.get("Properties")
	switch kind := take.text(v.get("Type"), "Type"); kind {
	case "DynamoDB":
		f.Streams = append(f.Streams, b.stream(take, p, p.get("Stream")))
		if f.roleRef == "" {
			b.manage(&f.Role, "AWSLambdaDynamoDBExecutionRole") // as SAM does it
		}
	case "Schedule", "ScheduleV2":
		expression := p.get("Schedule")
		if kind == "ScheduleV2" {
			expression = p.get("ScheduleExpression")
		}
		enabled := p.get("Enabled")
		f.Schedules = append(f.Schedules, Schedule{
			Line: v.line, Expression: take.text(expression, "the schedule"), Input: take.text(p.get("Input"), "Input"),
			Enabled: (enabled.kind == absent || take.boolean(enabled, "Enabled")) && take.text(p.get("State"), "State") != "DISABLED",
		})
	case "HttpApi":
		b.httpEvent(f, take, p, v.line)
	default:
		b.unsupported(v.line, "the event source %s of %s (%s)", name, f.ID, kind)
	}
}

// stream reads the mapping of a stream. SAM and CloudFormation call its parts
// the same.
func (b *builder) stream(take taker, p, arn value) Stream {
	s := Stream{
		Line: arn.line, Table: b.streamed(take.text(arn, "the stream")), From: take.text(p.get("StartingPosition"), "StartingPosition"),
		BatchSize: take.count(p.get("BatchSize"), "BatchSize"), Retries: -1,
		Window:  seconds(take, p, "MaximumBatchingWindowInSeconds"),
		MaxAge:  seconds(take, p, "MaximumRecordAgeInSeconds"),
		Bisect:  take.boolean(p.get("BisectBatchOnFunctionError"), "BisectBatchOnFunctionError"),
		Enabled: p.get("Enabled").kind == absent || take.boolean(p.get("Enabled"), "Enabled"),
	}
	for _, name := range []string{"DestinationConfig", "ParallelizationFactor", "TumblingWindowInSeconds"} {
		if v := p.get(name); v.kind != absent {
			b.unsupported(v.line, "%s of the stream of %s", name, s.Table)
		}
	}
	if s.BatchSize == 0 {
		s.BatchSize = defaultBatch
	}
	for _, kind := range take.texts(p.get("FunctionResponseTypes"), "FunctionResponseTypes") {
		s.PartialFail = s.PartialFail || kind == "ReportBatchItemFailures"
	}
	if v := p.get("MaximumRetryAttempts"); v.kind == scalar && v.text != "-1" {
		s.Retries = take.count(v, "MaximumRetryAttempts")
	}
	for _, filter := range p.get("FilterCriteria").get("Filters").each() {
		s.Filters = append(s.Filters, take.text(filter.get("Pattern"), "the pattern of a filter"))
	}
	return s
}

func seconds(take taker, p value, name string) time.Duration {
	if v := p.get(name); v.text != "-1" {
		return time.Duration(take.number(v, name)) * time.Second
	}
	return 0
}

// streamed returns the logical id of the table whose stream has an ARN.
func (b *builder) streamed(arn string) string {
	_, after, ok := strings.Cut(arn, ":table/")
	if !ok {
		return arn
	}
	name, _, _ := strings.Cut(after, "/")
	for _, r := range b.e.resources {
		if r.kind == kindTable || r.kind == kindSimpleTable {
			if v := b.e.name(r, 0); v.kind == scalar && v.text == name {
				return r.id
			}
		}
	}
	return name
}

// eventSource reads an AWS::Lambda::EventSourceMapping.
func (b *builder) eventSource(r *resource) {
	b.later = append(b.later, func() {
		p := r.properties
		f := b.functions[b.functionID(p.get("FunctionName").text)]
		if arn := p.get("EventSourceArn"); f != nil && strings.Contains(arn.text, ":dynamodb:") {
			f.Streams = append(f.Streams, b.stream(taker{&f.Problems}, p, arn))
			return
		}
		b.unsupported(r.line, "%s (%s)", r.id, r.kind)
	})
}
