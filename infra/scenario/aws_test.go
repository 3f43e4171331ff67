package scenario_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/telemetry"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/local/guard"
	"tacet/infra/local/iam"
	"tacet/infra/local/stack"
	"tacet/infra/logging"
	"tacet/infra/scenario"
)

// onAWS starts the platform in the shape that it has on AWS, and returns it as
// a host on which each conversation has an application of its own.
//
// What API Gateway cannot do it cannot either: keep the order of what one
// connection sends, close with a code and a reason, carry binary frames. And
// several processes share the messages of one connection, each of which counts
// those that it sees. Its schedules run every second, because nobody waits for
// a minute, and messages for more than one go out by way of fanout, because
// nobody waits for two thousand.
func onAWS(t *testing.T, o stack.Options) (*stack.Stack, *scenario.Host) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what needs processes of its own")
	}
	o.Settings = config.Standalone{
		Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited", LogLevel: "debug",
		IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: 29 * time.Second,
	}
	o.AWS.AWS, o.Every = true, time.Second
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Parameters = map[string]string{"FanoutThreshold": "1"}
	s, err := stack.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	facts := s.Running()
	return s, &scenario.Host{
		Name: "the shape on AWS", Can: []scenario.Fact{scenario.Stage},
		Make: func(ctx context.Context, a *app.App, keys grant.Slots) (scenario.Place, error) {
			return scenario.Place{
				WebSocket: strings.Replace(facts.WebSocket, string(facts.App), string(a.ID), 1), HTTP: facts.HTTP, Stage: s.Stage(),
			}, s.Put(ctx, a, keys)
		},
	}
}

// Everything that can be said is said to the functions behind API Gateway, each
// with its own role; then what they called is held against what the template
// grants them, both ways.
func TestConversationsOnTheShapeOnAWS(t *testing.T) {
	log := new(record)
	s, h := onAWS(t, stack.Options{Log: logging.New(log, logging.JSON, slog.LevelDebug)})
	t.Run("conversations", func(t *testing.T) { playAll(t, h) })
	t.Run("costs", func(t *testing.T) { costs(t, s, h) })
	rollUp(t, s)
	t.Run("roles", func(t *testing.T) { roles(t, s.Guard()) })
	t.Run("silence", log.silent)
}

// record is a log, of the functions as well.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// silent looks, after all that was said, for what no level may log: tokens (a
// JWT begins with {"alg in base64), addresses, and what clients call themselves.
func (r *record) silent(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	said := r.text.String()
	if !strings.Contains(said, `\"level\":\"DEBUG\",\"msg\":\"verb\"`) {
		t.Error("the functions do not log all that they can")
	}
	for line := range strings.Lines(said) {
		for _, private := range []string{"eyJhbGci", "127.0.0.1", "Go-http-client"} {
			if strings.Contains(line, private) {
				t.Errorf("there is %s in %s", private, line)
			}
		}
	}
}

// rollUp gives rollup something to do: events are summed up minutes after they
// happened, so one of ten minutes ago is recorded.
func rollUp(t *testing.T, s *stack.Stack) {
	now := time.Now()
	events := dynamo.NewTelemetry(s.Database(), "TelemetryTable")
	if err := events.Record(t.Context(), telemetry.Record{
		Event: telemetry.Event{App: s.Running().App, At: now.Add(-10 * time.Minute), Topic: "main"}, Expires: now.Add(time.Hour),
	}, true); err != nil {
		t.Fatal(err)
	}
	until(t, "a rollup", func() bool {
		return !slices.ContainsFunc(s.Guard().Unused()["RollupFunction"], func(g iam.Grant) bool { return g.Action == "dynamodb:PutItem" && g.Value == "r#*" })
	})
}

// seldom is what functions are granted and conversations do not reach, by the
// reason.
var seldom = map[string][]string{
	"only when a connection that did not say goodbye is found gone": {
		"ApiFunction dynamodb:BatchWriteItem RealtimeTable c#*",
		"ApiFunction dynamodb:BatchWriteItem RealtimeTable t#*",
		"ApiFunction dynamodb:DeleteItem RealtimeTable m#*",
		"PublishFunction dynamodb:BatchWriteItem RealtimeTable c#*",
		"PublishFunction dynamodb:BatchWriteItem RealtimeTable t#*",
		"PublishFunction dynamodb:DeleteItem RealtimeTable c#*",
		"PublishFunction dynamodb:DeleteItem RealtimeTable m#*",
		"PublishFunction dynamodb:Query RealtimeTable c#*",
		"WelcomeFunction dynamodb:BatchWriteItem RealtimeTable c#*",
		"WelcomeFunction dynamodb:BatchWriteItem RealtimeTable t#*",
		"WelcomeFunction dynamodb:DeleteItem RealtimeTable c#*",
		"WelcomeFunction dynamodb:DeleteItem RealtimeTable m#*",
		"WelcomeFunction dynamodb:Query RealtimeTable c#*",
	},
	"only when a connection is admitted twice, because the first answer was lost": {
		"ConnectFunction dynamodb:Query RealtimeTable c#*",
		"ConnectFunction dynamodb:UpdateItem RealtimeTable c#*",
	},
	"only when somebody sends something after their token's end, before expire has ended them": {
		"FallbackFunction execute-api:ManageConnections v1/DELETE/@connections/*",
		"FallbackFunction execute-api:ManageConnections v1/POST/@connections/*",
	},
}

// byTheClock is what is needed when an hour or a day begins, which may be now:
// secrets of days are made and destroyed. And what hangs on who is first.
var byTheClock = []string{
	"ApiFunction dynamodb:DeleteItem RealtimeTable k#*",
	"ApiFunction dynamodb:PutItem RealtimeTable k#*",
	"ConnectFunction dynamodb:DeleteItem RealtimeTable k#*",
	"ExpireFunction dynamodb:DeleteItem RealtimeTable k#*",
	// Only if a backend that listens has gone just before whoever it is told of;
	// infra/platform holds this role against what it does.
	"DisconnectFunction dynamodb:GetItem RealtimeTable c#*",
}

// roles holds the grants against what was called.
func roles(t *testing.T, g *guard.Guard) {
	for d, n := range g.Denials() {
		t.Errorf("%s may not do what it did %d times: %s on %s", d.Role, n, d.Action, d.Resource)
	}
	unused := map[string]bool{}
	for role, grants := range g.Unused() {
		if role == "ManageFunction" || role == "EraseFunction" {
			continue // what accounts are managed with says nothing here; infra/platform holds these roles against what they do
		}
		for _, x := range grants {
			if strings.HasPrefix(x.Action, "logs:") {
				continue // Lambda writes the log, not the function
			}
			_, resource, _ := strings.Cut(x.Resource, "/")
			unused[strings.TrimSpace(fmt.Sprint(role, " ", x.Action, " ", resource, " ", x.Value))] = true
		}
	}
	for _, x := range byTheClock {
		delete(unused, x)
	}
	for reason, grants := range seldom {
		for _, x := range grants {
			if !unused[x] {
				t.Errorf("needed after all, or not granted any more: %s (%s)", x, reason)
			}
			delete(unused, x)
		}
	}
	for _, x := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("granted and never needed: %s", x)
	}
}

// costs holds a conversation against what the platform was designed to cost.
// What is read once in a while is not counted: applications, secrets of days.
func costs(t *testing.T, s *stack.Stack, h *scenario.Host) {
	some, err := scenario.Parse("costs.txtar", []byte(`-- costs --
alice connects with publish=*
bob connects
carol connects
bob subscribes chat
carol subscribes chat
alice publishes chat 1
alice receives ack matched 2 delivered 2 gone 0
bob receives chat broadcast 1 from alice
carol receives chat broadcast 1 from alice
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"Connect TransactWriteItems Realtime": 3, "Connect Invoke WelcomeFunction": 3,
		"Subscribe TransactWriteItems Realtime": 2,
		"Publish Query Realtime":                4, // one for each shard: all fit one page
		"Publish PutItem Telemetry":             1,
		"Publish PostToConnection ":             1, // and the other one by way of fanout
		"Publish Invoke FanoutFunction":         1,
	}
	var got map[string]int
	for range 3 { // on a busy machine an attempt may take too long, and be made again
		before := s.Guard().Calls()
		if err := h.Play(t.Context(), some[0]); err != nil {
			t.Fatal(err)
		}
		if got = bill(before, s.Guard().Calls()); maps.Equal(got, want) {
			return
		}
	}
	t.Errorf("it costs %v, want %v", got, want)
}

// bill returns what verbs have called since before.
func bill(before, after map[guard.Call]int) map[string]int {
	calls := map[string]int{}
	for c, n := range after {
		name := strings.TrimSuffix(c.Role, "Function") + " " + c.Operation + " " + strings.TrimSuffix(c.On, "Table")
		if c.Operation != "GetItem" && slices.Contains([]string{"ConnectFunction", "SubscribeFunction", "PublishFunction"}, c.Role) && n > before[c] {
			calls[name] = n - before[c]
		}
	}
	return calls
}
