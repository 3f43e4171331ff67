package httpapi_test

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/infra/httpapi"
)

func TestAggregatesAreSums(t *testing.T) {
	r := newRig(t)
	for _, e := range []telemetry.Event{{Size: 10, Subscribers: 3, Topic: "chat", TookMicros: 7}, {Topic: telemetry.TopicConnect, Subscribers: 8}} {
		e.App, e.At = appID, now
		if err := r.Record(t.Context(), telemetry.Record{Event: e, Expires: now.Add(time.Hour)}, true); err != nil {
			t.Fatal(err)
		}
	}
	r.want(200, `{"appId":"`+appID+`","from":"2026-03-13","to":"2026-03-14","days":[`+
		`{"date":"2026-03-13","messages":0,"deliveries":0,"bytes":0,"deliveredBytes":0,"connections":0,"disconnections":0,"errors":0,"openAtMost":null,"clients":0,"clientsError":0,"errorsByCode":[]},`+
		`{"date":"2026-03-14","messages":1,"deliveries":3,"bytes":10,"deliveredBytes":30,"connections":1,"disconnections":0,"errors":0,"openAtMost":8,"clients":0,"clientsError":0,"deliveryMicros":{"p50":7,"p90":7,"p99":7,"max":7},"errorsByCode":[]}]}`)(
		r.call("GET", "/telemetry/aggregates/"+appID+"/2", ""))
	// Its plan is the team's: 30 days.
	old := telemetry.Event{App: appID, At: now.Add(-31 * 24 * time.Hour), Topic: "chat"}
	if err := r.Record(t.Context(), telemetry.Record{Event: old, Expires: now.Add(time.Hour)}, true); err != nil {
		t.Fatal(err)
	}
	if status, body := r.call("GET", "/telemetry/aggregates/"+appID+"/40", ""); status != 200 || strings.Count(body, `"messages":1,`) != 1 {
		t.Errorf("what another plan has kept for longer is told: %d %s", status, body)
	}
	for _, days := range []string{"0", "-1", "367", "many", "1.5", "99999999999999999999"} {
		if status, body := r.call("GET", "/telemetry/aggregates/"+appID+"/"+days, ""); status != 400 {
			t.Errorf("%s days: %d %s", days, status, body)
		}
	}
}

// published records that so many clients published on a topic yesterday, and
// connected from a country.
func (r *rig) published(n int, on privacy.RecordedTopic, from privacy.Country) {
	r.t.Helper()
	yesterday := now.Add(-24 * time.Hour)
	for i := range n {
		var who privacy.Anonymised
		if err := who.UnmarshalText(fmt.Appendf(nil, "truncate/1/203.0.%d.0/24", i)); err != nil {
			r.t.Fatal(err)
		}
		for _, e := range []telemetry.Event{
			{App: appID, At: yesterday, Topic: on, Size: 10, Subscribers: 2, PublisherIP: who},
			{App: appID, At: yesterday, Topic: telemetry.TopicConnect, ClientIP: who, Country: from},
		} {
			if err := r.Record(r.t.Context(), telemetry.Record{Event: e, Expires: now.Add(time.Hour)}, true); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

func TestGroupsAreOfFiveClientsUnlessTheOperatorSaysOtherwise(t *testing.T) {
	for least, want := range map[int]struct{ topics, countries string }{
		0: {
			`"rows":[{"topic":"chat","messages":6,"deliveries":12,"bytes":60},{"topic":"news","messages":5,"deliveries":10,"bytes":50}],"other":{"messages":0,"deliveries":0,"bytes":0},"short":0}`,
			`"rows":[{"country":"DE","connections":6},{"country":"unknown","connections":5}],"other":{"connections":0}}`,
		},
		6: {`"rows":[],"other":{"messages":11,"deliveries":22,"bytes":110},"short":0}`, `"rows":[],"other":{"connections":11}}`},
	} {
		r := newRig(t, func(a *httpapi.API) { a.Reports.MinGroup = least })
		r.published(6, "chat", "DE")
		r.published(5, "news", "")
		head := `{"appId":"` + appID + `","from":"2026-03-12","to":"2026-03-13","minGroup":` + strconv.Itoa(cmp.Or(least, 5)) + `,`
		r.want(200, head+want.topics)(r.call("GET", "/telemetry/top-topics/"+appID+"/2", ""))
		r.want(200, head+want.countries)(r.call("GET", "/telemetry/heatmap/connections/countries/"+appID+"/2", ""))
	}
}

func TestALimitPutsOtherTopicsTogether(t *testing.T) {
	r := newRig(t)
	r.published(6, "chat", "DE")
	r.published(5, "news", "FR")
	if status, body := r.call("GET", "/telemetry/top-topics/"+appID+"/1?limit=1", ""); status != 200 || !strings.Contains(body, `"rows":[{"topic":"chat","messages":6,"deliveries":12,"bytes":60}],"other":{"messages":5,"deliveries":10,"bytes":50}`) {
		t.Errorf("%d %s", status, body)
	}
	for _, query := range []string{"/1?limit=0", "/1?limit=101", "/1?limit=", "/1?limit=-1", "/1?limit=x", "/1?limit=9999999999999999999999", "/0", "/367", "/many"} {
		if status, body := r.call("GET", "/telemetry/top-topics/"+appID+query, ""); status != 400 || !strings.Contains(body, "between 1 and") {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	if status, body := r.call("GET", "/telemetry/heatmap/connections/countries/"+appID+"/0", ""); status != 400 || !strings.Contains(body, "between 1 and 366") {
		t.Errorf("%d %s", status, body)
	}
}
