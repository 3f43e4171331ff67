package dynamo_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
)

// scene is stores behind a proxy, in the middle of things: "one" has three
// topics, its neighbour shares one of them.
type scene struct {
	t         *testing.T
	ctx       context.Context
	clock     *pubsubtest.Clock
	proxy     *proxy
	names     dynamotest.Names
	stores    pubsubtest.Stores
	telemetry *dynamo.Telemetry
	secrets   *dynamo.Secrets
	one       *pubsub.Connection
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, ctx: t.Context(), clock: pubsubtest.NewClock(), proxy: newProxy(t), names: local.Create(t, "realtime", "telemetry", "directory")}
	c := client(s.proxy.URL, nil)
	s.stores = stores(c, s.names, s.clock)
	s.telemetry = dynamo.NewTelemetry(c, s.names["telemetry"])
	s.secrets = dynamo.NewSecrets(c, s.names["realtime"], s.clock.Now)
	s.one = s.add("one", "ann")
	other := s.add("other", "bob")
	for _, n := range []topic.Name{"a", "b", "c"} {
		must(t, s.stores.Subscriptions.Subscribe(s.ctx, s.one, n, 0))
	}
	must(t, s.stores.Subscriptions.Subscribe(s.ctx, other, "a", 0))
	return s
}

func (s *scene) connection(id, who string) *pubsub.Connection {
	now := s.clock.Now()
	return &pubsub.Connection{
		ID: connID(id), App: pubsubtest.AppA, Subject: grant.Subject(who), ConnectedAt: now,
		Deadline: now.Add(time.Hour), Expires: now.Add(2 * time.Hour),
	}
}

func (s *scene) add(id, who string) *pubsub.Connection {
	s.t.Helper()
	c := s.connection(id, who)
	must(s.t, s.stores.Connections.Add(s.ctx, c, pubsub.Quota{}))
	return c
}

// rest is everything that rests in the tables, but for random names.
func (s *scene) rest() []string {
	s.t.Helper()
	var lines []string
	for class, name := range s.names {
		for _, i := range local.Scan(s.t, name) {
			var line []string
			for attribute, v := range i {
				if class == "telemetry" && (attribute == dynamo.Hash || attribute == dynamo.Range) || attribute == "secret" || attribute == "ver" {
					continue
				}
				line = append(line, attribute+"="+show(v))
			}
			slices.Sort(line)
			lines = append(lines, class+" "+strings.Join(line, " "))
		}
	}
	slices.Sort(lines)
	return lines
}

func show(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return fmt.Sprintf("%q", v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return fmt.Sprintf("%T", v)
}

// deeds are what can be asked of the stores. Each says what came of it.
var deeds = []struct {
	name string
	do   func(*scene) (string, error)
}{
	{"add", func(s *scene) (string, error) {
		return "", s.stores.Connections.Add(s.ctx, s.connection("new", "eve"), pubsub.Quota{PerApp: 3, PerSubject: 1})
	}},
	{"add above the quota", func(s *scene) (string, error) {
		err := s.stores.Connections.Add(s.ctx, s.connection("new", "ann"), pubsub.Quota{PerApp: 2, PerSubject: 1})
		return said(err, pubsub.ErrSubjectFull, pubsub.ErrAppFull)
	}},
	{"add again", func(s *scene) (string, error) {
		c := *s.one
		c.Deadline = time.Time{}
		return "", s.stores.Connections.Add(s.ctx, &c, pubsub.Quota{PerSubject: 1})
	}},
	{"get", func(s *scene) (string, error) {
		c, err := s.stores.Connections.Get(s.ctx, "one")
		return fmt.Sprint(c), err
	}},
	{"renew", func(s *scene) (string, error) {
		return "", s.stores.Connections.Renew(s.ctx, "one", grant.Grants{}, s.clock.Now().Add(time.Minute))
	}},
	{"remove", func(s *scene) (string, error) {
		c, err := s.stores.Connections.Remove(s.ctx, "one")
		return fmt.Sprint(c), err
	}},
	{"due", func(s *scene) (string, error) {
		due, err := s.stores.Connections.Due(s.ctx, s.clock.Now(), s.clock.Now().Add(2*time.Hour))
		return fmt.Sprint(len(due)), err
	}},
	{"subscribe", func(s *scene) (string, error) {
		return "", s.stores.Subscriptions.Subscribe(s.ctx, s.one, "d", 4)
	}},
	{"subscribe again", func(s *scene) (string, error) {
		return "", s.stores.Subscriptions.Subscribe(s.ctx, s.one, "a", 3)
	}},
	{"subscribe above the limit", func(s *scene) (string, error) {
		return said(s.stores.Subscriptions.Subscribe(s.ctx, s.one, "d", 3), pubsub.ErrTooManyTopics)
	}},
	{"unsubscribe", func(s *scene) (string, error) {
		was, err := s.stores.Subscriptions.Unsubscribe(s.ctx, s.one, "b")
		return fmt.Sprint(was), err
	}},
	{"topics", func(s *scene) (string, error) {
		names, err := s.stores.Subscriptions.TopicsOf(s.ctx, s.one)
		return fmt.Sprint(names), err
	}},
	{"occupied", func(s *scene) (string, error) {
		counts, err := s.stores.Subscriptions.Occupied(s.ctx, pubsubtest.AppA)
		return fmt.Sprint(counts), err
	}},
	{"subscribers", func(s *scene) (string, error) {
		ids, err := pubsubtest.ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) {
			return s.stores.Audience.Subscribers(s.ctx, pubsubtest.AppA, "a", from)
		})
		return fmt.Sprint(ids), err
	}},
	{"record", func(s *scene) (string, error) {
		e := telemetry.Event{Node: "n", App: pubsubtest.AppA, Topic: "a", At: s.clock.Now()}
		return "", s.telemetry.Record(s.ctx, telemetry.Record{Event: e, Expires: e.At.Add(time.Hour)}, false)
	}},
	{"sums", func(s *scene) (string, error) {
		sums, err := telemetry.Aggregate(s.ctx, s.telemetry, pubsubtest.AppA, 1, 24*time.Hour, s.clock.Now())
		return fmt.Sprint(sums), err
	}},
	{"secret", func(s *scene) (string, error) {
		day := privacy.DayOf(s.clock.Now())
		secret, err := s.secrets.Secret(s.ctx, day)
		if err != nil {
			return "", err
		}
		kept, err := dynamo.NewSecrets(client(local.Endpoint, nil), s.names["realtime"], s.clock.Now).Secret(s.ctx, day)
		if err != nil {
			return "", err
		}
		a, _ := pubsubtest.Fingerprint(s.ctx, secret)
		b, _ := pubsubtest.Fingerprint(s.ctx, kept)
		return fmt.Sprint("the one that is kept: ", a == b), nil
	}},
	{"destroy secrets", func(s *scene) (string, error) { return "", s.secrets.Destroy(s.ctx) }},
}

// said makes a result of an error that is one.
func said(err error, results ...error) (string, error) {
	if slices.ContainsFunc(results, func(r error) bool { return errors.Is(err, r) }) {
		return err.Error(), nil
	}
	return "", cmp.Or(err, errors.New("nobody minded"))
}

// One request that goes wrong is nobody's business: whatever the deed, and
// whichever of its requests, it comes to the same, and leaves the same.
func TestOneRequestThatGoesWrongChangesNothing(t *testing.T) {
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.clock.Advance(10 * time.Second)
			s.proxy.strike(0, "")
			result, err := d.do(s)
			must(t, err)
			requests, _ := s.proxy.stop()
			rest := s.rest()
			writes := slices.ContainsFunc(requests, func(o string) bool { return o != "Query" && o != "GetItem" })
			for k, operation := range requests {
				for _, what := range []trouble{throttled, conflicting, refused, lost, broken, unprocessed} {
					reads := operation == "Query" || operation == "GetItem"
					if what == unprocessed && operation != "BatchWriteItem" || reads && what != throttled && what != lost {
						continue
					}
					s := s
					if writes {
						s = newScene(t)
					}
					s.clock.Advance(10 * time.Second) // nothing is answered from memory
					s.proxy.strike(k+1, what)
					got, err := d.do(s)
					if _, struck := s.proxy.stop(); err != nil || got != result || struck != 1 {
						t.Errorf("request %d, %s, %s: %q, %v; want %q", k+1, operation, what, got, err, result)
					}
					if !writes {
						continue
					}
					if got := s.rest(); !slices.Equal(got, rest) {
						t.Errorf("request %d, %s, %s: it leaves\n%s\nwant\n%s", k+1, operation, what, strings.Join(got, "\n"), strings.Join(rest, "\n"))
					}
				}
			}
		})
	}
}

// When DynamoDB stays busy from some request on, the caller is told so, in
// words that name nobody, and what was begun can be done again.
func TestWhatIsThrottledForGoodIsSaidToBeAndCanBeRepeated(t *testing.T) {
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			clean := newScene(t)
			_, err := d.do(clean)
			must(t, err)
			rest := clean.rest()

			s := newScene(t)
			s.proxy.strike(-1, throttled)
			_, err = d.do(s)
			s.proxy.stop()
			var api smithy.APIError
			switch {
			case !errors.Is(err, dynamo.ErrThrottled):
				t.Errorf("got %v, want that it is throttled", err)
			case errors.As(err, &api):
				t.Errorf("an error of the SDK got out: %v", err)
			case strings.Contains(err.Error(), "ann"):
				t.Errorf("the error repeats what DynamoDB said: %v", err)
			}
			pubsubtest.Check(t, s.stores, s.clock.Now(), pubsubtest.AppA)
			_, err = d.do(s)
			must(t, err)
			if got := s.rest(); !slices.Equal(got, rest) {
				t.Errorf("repeated, it leaves\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(rest, "\n"))
			}
		})
	}
}

// A removal has several requests; dying before any of them must leave something
// that can be removed.
func TestARemovalThatDiesInTheMiddleCanBeRepeated(t *testing.T) {
	clean := newScene(t)
	clean.proxy.strike(0, "")
	_, err := clean.stores.Connections.Remove(clean.ctx, "one")
	must(t, err)
	requests, _ := clean.proxy.stop()
	rest := clean.rest()
	for k := range requests {
		s := newScene(t)
		ctx, cancel := context.WithTimeout(s.ctx, soon)
		s.proxy.strike(k+1, hanging)
		_, err := s.stores.Connections.Remove(ctx, "one")
		cancel()
		s.proxy.stop()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("request %d, %s: %v, want that its time was over", k+1, requests[k], err)
		}
		if _, err := s.stores.Connections.Remove(s.ctx, "one"); err != nil && !errors.Is(err, pubsub.ErrNoConnection) {
			t.Errorf("request %d, %s: repeated: %v", k+1, requests[k], err)
		}
		if got := s.rest(); !slices.Equal(got, rest) {
			t.Errorf("request %d, %s: it leaves\n%s\nwant\n%s", k+1, requests[k], strings.Join(got, "\n"), strings.Join(rest, "\n"))
		}
	}
}

// An answer that does not come is waited for no longer than one attempt may
// take, and the next one finds out that it happened.
func TestAnAnswerThatNeverComesIsNotWaitedForLong(t *testing.T) {
	s := newScene(t)
	c := dynamo.NewClient(dynamo.Options{Region: dynamotest.Region, Endpoint: s.proxy.URL, Credentials: dynamotest.Credentials, Timeout: time.Second})
	r := dynamo.NewRealtime(c, s.names["realtime"], s.clock.Now)
	s.proxy.strike(1, hanging)
	must(t, r.Subscribe(s.ctx, s.one, "d", 4))
	if requests, _ := s.proxy.stop(); len(requests) < 2 {
		t.Errorf("it was answered by %v", requests)
	}
	if err := r.Subscribe(s.ctx, s.one, "e", 4); !errors.Is(err, pubsub.ErrTooManyTopics) {
		t.Errorf("a subscription that was tried twice counts once: %v", err)
	}
}
