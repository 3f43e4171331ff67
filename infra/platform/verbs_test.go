package platform_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/local/iam"
	"tacet/infra/parcel"
)

// streamActions are used by Lambda in a function's name, not by the function.
var streamActions = []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}

// logActions are used by what carries a function's output to its log.
var logActions = []string{"logs:CreateLogStream", "logs:PutLogEvents"}

// Every verb of every function finds all the parts that it needs, and each
// function's role allows exactly what its verbs ask for: on which tables, of
// which kinds of items, whom to invoke, what to do to connections.
func TestEveryVerbHasItsPartsAndItsRights(t *testing.T) {
	r := newRig(t, map[string]string{"TACET_FANOUT_THRESHOLD": "1"})
	r.comingAndGoing()
	r.frames()
	r.server()
	r.schedules()
	r.nextDay()
	r.people()

	if log := r.log.String(); strings.Contains(log, "no such port") || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the log: %s", log)
	}
	for denial, n := range r.guard.Denials() {
		t.Errorf("%d times denied: %+v", n, denial)
	}
	for role, grants := range r.guard.Unused() {
		for _, g := range grants {
			if !slices.Contains(streamActions, g.Action) && !slices.Contains(logActions, g.Action) && !mayBeLate(role, g) {
				t.Errorf("%s is granted what it does not need: %+v", role, g)
			}
		}
	}
	if !slices.Contains(r.started, "WelcomeFunction") || !slices.Contains(r.started, "FanoutFunction") {
		t.Errorf("started: %v", r.started)
	}
}

// mayBeLate reports whether a grant is for telling others that a connection has
// gone, which they may have by then themselves: all of an application are ended
// at the same time.
func mayBeLate(role string, g iam.Grant) bool {
	return (role == "ManageRole" || role == "EraseRole") && strings.HasSuffix(g.Resource, "/POST/@connections/*")
}

// comingAndGoing is connect, welcome, disconnect.
func (r *rig) comingAndGoing() {
	r.t.Helper()
	r.connect("here", "alice")
	r.connect("here", "alice") // again, as when the first answer was lost
	r.connect("here", "bob")   // an id that was another's
	r.refuseConnect()
	r.watcher()
	r.invoke("welcome", []byte(`{"connectionId":"here"}`))
	if !slices.ContainsFunc(r.posted["here"], func(f string) bool { return strings.Contains(f, `"welcome"`) }) {
		r.t.Errorf("not greeted: %v", r.posted)
	}
	r.open("leaver", "carol", time.Time{}, "chat", "secure/inbound")
	r.watcher()
	r.disconnect("leaver")
	r.disconnect("here")
	r.disconnect("nobody")
}

func (r *rig) connect(id string, who grant.Subject) {
	r.t.Helper()
	e := apigw.Event{
		Type: apigw.Connect, RouteKey: "$connect", ConnectionID: id, RequestID: "request", SourceIP: apigw.NewPrivate("203.0.113.9"),
		Query: apigw.Query{"app": {appID}, "access_token": {r.token(userSecret, who, time.Hour, grant.Write("*"))}},
	}
	if got := r.invoke("connect", e.AppendJSON(nil)); !strings.Contains(got, `"statusCode":200`) {
		r.t.Errorf("connect: %s: %s", got, r.log)
	}
}

// refuseConnect is an arrival whose token is an admin's: that is recorded.
func (r *rig) refuseConnect() {
	r.t.Helper()
	e := apigw.Event{
		Type: apigw.Connect, RouteKey: "$connect", ConnectionID: "stranger", RequestID: "request", SourceIP: apigw.NewPrivate("203.0.113.9"),
		Query: apigw.Query{"app": {appID}, "access_token": {r.token(adminSecret, "mallory", time.Hour)}},
	}
	if got := r.invoke("connect", e.AppendJSON(nil)); !strings.Contains(got, `"statusCode":403`) {
		r.t.Errorf("connect: %s: %s", got, r.log)
	}
}

func TestTheCountryThatTheEdgeTellsIsRecorded(t *testing.T) {
	r := newRig(t, map[string]string{"TACET_COUNTRY_HEADER": "CloudFront-Viewer-Country"})
	e := apigw.Event{
		Type: apigw.Connect, RouteKey: "$connect", ConnectionID: "here", RequestID: "request", SourceIP: apigw.NewPrivate("203.0.113.9"),
		Query:   apigw.Query{"app": {appID}, "access_token": {r.token(userSecret, "alice", time.Hour)}},
		Headers: apigw.Header{"cloudfront-viewer-country": {"DE"}},
	}
	if got := r.invoke("connect", e.AppendJSON(nil)); !strings.Contains(got, `"statusCode":200`) {
		t.Fatalf("connect: %s: %s", got, r.log)
	}
	r.invoke("welcome", []byte(`{"connectionId":"here"}`))
	var recorded []string
	for _, i := range local.Scan(t, r.names["telemetry"]) {
		recorded = append(recorded, fmt.Sprint(i["country"]))
	}
	if len(recorded) != 1 || !strings.Contains(recorded[0], "DE") {
		t.Errorf("recorded %v", recorded)
	}
}

// watcher is a backend that listens to who comes and goes, and is gone itself
// without a word: whoever finds that out forgets it.
func (r *rig) watcher() {
	r.t.Helper()
	r.open("watcher", "backend", time.Time{}, string(topic.Inbound))
	r.gone["watcher"] = true
}

func (r *rig) disconnect(id string) {
	r.t.Helper()
	e := apigw.Event{Type: apigw.Disconnect, RouteKey: "$disconnect", ConnectionID: id, RequestID: "request", DisconnectCode: 1001}
	if got := r.invoke("disconnect", e.AppendJSON(nil)); !strings.Contains(got, `"statusCode":200`) {
		r.t.Errorf("disconnect: %s", got)
	}
}

// frames are what clients send.
func (r *rig) frames() {
	r.t.Helper()
	soon := time.Now().Add(time.Hour)
	r.open("dave", "dave", soon, "chat", "secure/inbound")
	r.open("eve", "eve", soon, "chat", "secure/news")
	r.send("subscribe", "dave", `{"type":"subscribe","data":{"topic":"lobby","id":"1"}}`, `"matched":1`)
	r.send("subscribe", "dave", `{"type":"unsubscribe","data":{"topic":"lobby","id":"2"}}`, `"matched":1`)
	r.send("subscribe", "dave", `{"type":"unsubscribe","data":{"topic":"lobby","id":"3"}}`, `"matched":0`)

	r.lost("chat")
	r.send("publish", "dave", `{"type":"publish","data":{"topic":"chat","payload":1,"id":"4"}}`, `"delivered":2,"gone":1`)
	r.send("publish", "dave", `{"type":"publish","data":{"topic":"main","payload":1,"id":"5"}}`, `"delivered":2`)
	r.send("publish", "dave", `{"type":"publish","data":{"topic":"priv/eve","payload":1,"id":"6"}}`, `"delivered":1`)
	r.send("publish", "dave", `{"type":"message","data":{"payload":1,"id":"7"}}`, `"delivered":1`)

	r.send("fallback", "dave", `{"type":"ping"}`, `pong`)
	r.send("fallback", "dave", `nonsense`, `error`)
	fresh := r.token(userSecret, "eve", time.Hour, grant.Write("*"))
	r.send("fallback", "eve", `{"type":"authenticate","data":{"access_token":"`+fresh+`","id":"8"}}`, `"matched":1`)
	r.send("fallback", "eve", `{"type":"authenticate","data":{"access_token":"`+r.token(userSecret, "dave", time.Hour)+`","id":"9"}}`, `another subject`)

	// Whoever oversteps is told so, and closed.
	r.open("mallory", "mallory", time.Now().Add(-time.Minute))
	r.send("subscribe", "mallory", `{"type":"subscribe","data":{"topic":"chat"}}`, `"statusCode":200`)
	r.send("publish", "mallory", `{"type":"publish","data":{"topic":"chat"}}`, `"statusCode":200`)
	r.send("fallback", "mallory", `{"type":"ping"}`, `"statusCode":200`)
	if len(r.closed) != 3 {
		r.t.Errorf("closed: %v", r.closed)
	}

	p := parcel.Parcel{To: []wire.ConnID{"dave"}, Frame: wire.Pong()}
	text, err := p.Encode()
	if err != nil {
		r.t.Fatal(err)
	}
	if got := r.invoke("fanout", text); !strings.Contains(got, `"delivered":1`) {
		r.t.Errorf("fan-out: %s", got)
	}
}

// lost adds a connection that has gone without a word.
func (r *rig) lost(topics ...string) {
	r.t.Helper()
	r.open("lost", "frank", time.Time{}, topics...)
	r.gone["lost"] = true
}

// server is what an application's own servers call.
func (r *rig) server() {
	r.t.Helper()
	r.lost("chat")
	r.call("POST", "/api/topics/"+appID+"/publish", "", `{"topic":"chat","message":1}`, `"delivered":2`)
	r.call("POST", "/api/topics/"+appID+"/publish/batch", "", `[{"topic":"main","message":1},{"topic":"priv/eve","message":2}]`, `"status":200`)
	r.call("GET", "/api/topics/"+appID, "", "", `"topic":"chat"`)
	r.call("GET", "/api/topics/"+appID+"/chat", "", "", `"subscribers":2`)
	r.call("POST", "/api/topics/"+appID+"/unsubscribe", "", `{"topicPatterns":["chat"],"subject":"eve"}`, `"unsubscribed":1`)
	r.call("DELETE", "/api/connections/"+appID+"/eve", "", "", `"disconnected":1`)
	r.call("DELETE", "/api/connections/"+appID, "subject=dave", "", `"disconnected":1`)
	r.call("GET", "/telemetry/aggregates/"+appID+"/2", "", "", `"messages":7`)
	r.call("GET", "/telemetry/top-topics/"+appID+"/2", "limit=3", "", `"rows":[`)
	r.call("GET", "/telemetry/heatmap/connections/countries/"+appID+"/2", "", "", `"rows":[`)
	for _, path := range []string{"/healthz", "/readyz", "/status", "/v1/openapi.json", "/v1/asyncapi.json", "/v1/errors", "/v1/errors.json", "/.well-known/telemetry.json", "/privacy", "/"} {
		r.call("GET", path, "", "", `"statusCode":200`)
	}
}

// schedules are what nobody calls.
func (r *rig) schedules() {
	r.t.Helper()
	r.ahead = time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + time.Minute)) // when secrets are destroyed
	r.open("due", "grace", r.now().Add(-time.Second))
	r.closed = nil
	r.invoke("expire", map[string]any{"time": r.now().Truncate(time.Minute)})
	if !slices.Contains(r.closed, "due") {
		r.t.Errorf("closed: %v", r.closed)
	}

	r.rollUp()
	r.measure()
	for _, class := range []string{"event", "rollup", "activity"} {
		if !strings.Contains(r.log.String(), `"Class":"`+class+`"`) {
			r.t.Errorf("nobody knows how old the oldest %s is: %s", class, r.log)
		}
	}
}

// measure waits until it is time to look whether what was to end has ended.
func (r *rig) measure() {
	r.t.Helper()
	at := r.now().UTC().Truncate(time.Hour).Add(time.Hour + 7*time.Minute)
	r.ahead = time.Until(at)
	r.invoke("erase", map[string]any{"time": at})
}

// rollUp sums up all events that there are.
func (r *rig) rollUp() {
	r.t.Helper()
	var records []map[string]any
	for _, i := range local.Scan(r.t, r.names["telemetry"]) {
		key := map[string]any{}
		for _, name := range []string{"pk", "sk"} {
			key[name] = i[name]
		}
		text, err := json.Marshal(key)
		if err != nil {
			r.t.Fatal(err)
		}
		records = append(records, map[string]any{"eventName": "INSERT", "dynamodb": map[string]any{
			"ApproximateCreationDateTime": float64(r.now().Unix() + 3600), "SequenceNumber": "1", "Keys": json.RawMessage(strings.ReplaceAll(string(text), `"Value"`, `"S"`)),
		}})
	}
	if got := r.invoke("rollup", map[string]any{"Records": records}); got != `{"batchItemFailures":[]}` {
		r.t.Errorf("rollup: %s", got)
	}
}

// nextDay is when those who still know the secret of the day before destroy it.
func (r *rig) nextDay() {
	r.t.Helper()
	r.ahead = 26 * time.Hour
	r.call("POST", "/api/topics/"+appID+"/publish", "", `{"topic":"chat","message":1}`, `"statusCode":200`)
	r.connect("here", "alice")
}

func must(t *testing.T, name string) topic.Name {
	t.Helper()
	n, err := topic.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
