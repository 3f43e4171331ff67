package platform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/account"
	"tacet/core/plan"
)

// What the plan says of how long telemetry can be read holds from the first
// event to the last, whether DynamoDB has reclaimed anything or not: here it
// reclaims nothing.
func TestTelemetryEndsWithThePlansRetention(t *testing.T) {
	r := newRig(t, nil)
	const day = 24 * time.Hour
	message := func() {
		t.Helper()
		r.open("dave", "dave", r.now().Add(time.Hour), "chat")
		r.send("publish", "dave", `{"type":"publish","data":{"topic":"chat","payload":1,"id":"1"}}`, `"matched":1`)
		r.rollUp()
	}
	message()
	for _, i := range r.events() {
		if life := ends(i).Sub(happened(t, i)); life > day || life < day-time.Second {
			t.Errorf("an event on the plan free can be read for %v", life)
		}
	}
	r.wantReport(1)
	r.wantAges("on the first day", 0, 2*time.Hour, 0)

	r.ahead += 25 * time.Hour
	if len(r.events()) != 1 {
		t.Errorf("there are %d events", len(r.events()))
	}
	r.wantReport(0)
	r.wantAges("when it has ended", -1, -1, 0)

	// A larger plan prolongs what can be read, and nothing else.
	message()
	r.setPlan(plan.Team)
	r.errands(map[string]any{"time": r.now().Truncate(time.Minute)})
	r.ahead += 3 * day
	r.wantReport(1)
	r.wantAges("on a larger plan", 3*day, 3*day+4*time.Hour, 0)

	// A smaller one ends it, and until it has it is known that it has not.
	r.setPlan(plan.Free)
	r.wantReport(0)
	r.wantAges("on a smaller plan, before anything was stamped", 3*day, 3*day+4*time.Hour, 2*day) // and by the job that goes on then
	r.errands(map[string]any{"time": r.now().Truncate(time.Minute)})
	r.wantReport(0)
	r.wantAges("on a smaller plan", -1, -1, 0)
	r.setPlan(plan.Team)
	r.errands(map[string]any{"time": r.now().Truncate(time.Minute)})
	r.wantReport(0) // what has ended does not come back
}

// events are the items of events that there are, be they readable or not.
func (r *rig) events() []map[string]types.AttributeValue {
	r.t.Helper()
	var all []map[string]types.AttributeValue
	for _, i := range local.Scan(r.t, r.names["telemetry"]) {
		if strings.HasPrefix(i["pk"].(*types.AttributeValueMemberS).Value, "e#") {
			all = append(all, i)
		}
	}
	return all
}

func happened(t *testing.T, i map[string]types.AttributeValue) time.Time {
	t.Helper()
	text, _, _ := strings.Cut(i["sk"].(*types.AttributeValueMemberS).Value, "#")
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func ends(i map[string]types.AttributeValue) time.Time {
	var seconds int64
	_, _ = fmt.Sscan(i["exp"].(*types.AttributeValueMemberN).Value, &seconds)
	return time.Unix(seconds, 0)
}

// wantReport wants so many messages in the report of the last days.
func (r *rig) wantReport(messages int) {
	r.t.Helper()
	path := "/telemetry/aggregates/" + appID + "/7"
	want := 0
	for _, day := range strings.Split(r.read(path), `"messages":`)[1:] {
		var n int
		_, _ = fmt.Sscan(day[:strings.IndexAny(day, ",}")], &n)
		want += n
	}
	if want != messages {
		r.t.Errorf("the report has %d messages, want %d", want, messages)
	}
}

// setPlan gives the application another plan, and waits until nobody remembers
// the former one.
func (r *rig) setPlan(name plan.Name) {
	r.t.Helper()
	_, err := r.caller(owner).SetPlan(r.t.Context(), appID, name, account.AnyVersion)
	r.ok(err)
	r.ahead += time.Hour
}

// wantAges looks at what is measured of events and rollups: the oldest is that old,
// -1 for none; and at least so much too old, within hours.
func (r *rig) wantAges(when string, least, most, excess time.Duration) {
	r.t.Helper()
	before := r.log.Len()
	r.measure()
	found := map[string]bool{}
	for line := range strings.Lines(r.log.String()[before:]) {
		var m struct {
			Class                              string
			OldestReadableAge, RetentionExcess float64 // in seconds
		}
		if json.Unmarshal([]byte(line), &m) != nil || m.Class != "event" && m.Class != "rollup" {
			continue
		}
		found[m.Class] = true
		slack := map[string]time.Duration{"event": 0, "rollup": 24 * time.Hour}[m.Class] // the day that it is of
		if age := time.Duration(m.OldestReadableAge * float64(time.Second)); age < least || age > most+slack {
			r.t.Errorf("%s the oldest %s is of %v", when, m.Class, age)
		}
		if much := time.Duration(m.RetentionExcess * float64(time.Second)); much < excess || much > excess+4*time.Hour || excess == 0 && much > 0 {
			r.t.Errorf("%s the oldest %s is %v too old, want %v", when, m.Class, much, excess)
		}
	}
	if want := least >= 0; found["event"] != want || found["rollup"] != want {
		r.t.Errorf("%s there is something to be read: %v", when, found)
	}
}
