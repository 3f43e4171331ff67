package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/core/grant"
	"tacet/core/telemetry"
	"tacet/core/wire"
	"tacet/infra/httpapi"
)

const publishPath = "/api/topics/" + appID + "/publish"

func TestPublishReachesSubscribersAndCountsThem(t *testing.T) {
	r := newRig(t)
	r.want(200, `{"id":"made-id","matched":3,"delivered":3,"gone":0,"failed":0}`)(
		r.call("POST", publishPath, `{"topic":"chat/lobby","message":{"text":"hello"}}`))
	for _, id := range []wire.ConnID{"a1=", "b1=", "b2="} {
		if got, want := strings.Join(r.posted[id], ""), `{"topic":"chat/lobby","messageType":"broadcast","data":{"text":"hello"}}`; got != want {
			t.Errorf("%s got %s, want %s", id, got, want)
		}
	}
}

func TestPublishGivesTheIDBack(t *testing.T) {
	r := newRig(t)
	r.want(200, `{"id":"order \"17\"","matched":0,"delivered":0,"gone":0,"failed":0}`)(
		r.call("POST", publishPath, `{"topic":"nobody","message":1,"id":"order \"17\""}`))
}

func TestMessageReachesSubscribersByteForByte(t *testing.T) {
	for _, message := range []string{
		`{ "b" : 1 , "a" : [ 1.0e+400, -0, 12345678901234567890123 ] , "a" : null }`, "[\n\t1 ]", `"\u0041\ud800 \/<&> "`,
		`""`, `{}`, `[]`, `0`, `true`, `"ä€😀"`, strings.Repeat("[", 512) + strings.Repeat("]", 512), `"` + strings.Repeat("x", 100_000) + `"`,
	} {
		r := newRig(t)
		if status, body := r.call("POST", publishPath, `{"topic":"chat/lobby", "messageType":"m", "message": `+message+` }`); status != 200 {
			t.Errorf("%.40s: %d %s", message, status, body)
			continue
		}
		if got, want := r.posted["a1="][0], `{"topic":"chat/lobby","messageType":"m","data":`+message+`}`; got != want {
			t.Errorf("got  %.200q\nwant %.200q", got, want)
		}
	}
}

func TestPublishRefusesWhatCannotBePublished(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
		code   int
	}{
		"nothing":          {``, 400, 4100},
		"no JSON":          {`MARKER`, 400, 4100},
		"an array":         {`["MARKER"]`, 400, 4100},
		"invalid UTF-8":    {"{\"topic\":\"chat\",\"message\":\"MARKER\xff\"}", 400, 4100},
		"no message":       {`{"topic":"chat","payload":"MARKER"}`, 400, 4103},
		"too deep":         {`{"topic":"chat","message":` + strings.Repeat("[", 513) + strings.Repeat("]", 513) + `}`, 400, 4104},
		"very deep":        {`{"topic":"chat","message":` + strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000) + `}`, 400, 4104},
		"illegal topic":    {`{"topic":"MARKER *","message":1}`, 400, 4102},
		"the server's own": {`{"topic":"priv/acks","message":1}`, 400, 4102},
		"over the plan":    {`{"topic":"chat","message":"` + strings.Repeat("x", 128<<10) + `"}`, 413, 4107},
		"over the limit":   {`{"topic":"chat","message":"` + strings.Repeat("x", 200<<10) + `"}`, 413, 4107},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			status, body := r.call("POST", publishPath, c.body)
			if status != c.status || !strings.Contains(body, fmt.Sprintf(`"code":%d`, c.code)) {
				t.Errorf("got %d %s, want %d with code %d", status, body, c.status, c.code)
			}
			if strings.Contains(body+r.log.String(), "MARKER") {
				t.Errorf("the answer or the log repeats the request: %s\n%s", body, r.log)
			}
			if len(r.posted) != 0 {
				t.Error("it was published all the same")
			}
		})
	}
}

func TestPublishNeedsAGrantForTheTopic(t *testing.T) {
	r := newRig(t)
	q := r.request("POST", publishPath, `{"topic":"chat/lobby","message":1}`)
	q.Header.Set("Authorization", "Bearer "+token(t, adminSecret, grant.Write("other/*")))
	if w := r.do(q); w.Code != 403 || !strings.Contains(w.Body.String(), `"code":4201`) || len(r.posted) != 0 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestABadItemOfABatchFailsAlone(t *testing.T) {
	r := newRig(t)
	status, body := r.call("POST", publishPath+"/batch", `[
		{"topic":"chat/lobby","message": { "n" : 1 } ,"id":"first"},
		{"topic":"not legal","message":2},
		17,
		{"topic":"chat/lobby","message":`+strings.Repeat("[", 600)+strings.Repeat("]", 600)+`},
		{"topic":"chat/lobby","message":"`+"\xff"+`"},
		{"topic":"chat/lobby","message":3}
	]`)
	var items []httpapi.PublishedItem
	if err := json.Unmarshal([]byte(body), &items); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	var got []string
	for _, item := range items {
		if item.Result != nil {
			got = append(got, fmt.Sprint(item.Status, " ", item.Result.ID, " ", item.Result.Delivered))
		} else {
			got = append(got, fmt.Sprint(item.Status, " ", item.Problem.Code))
		}
	}
	if want := "200 first 3|400 4102|400 4100|400 4104|400 4100|200 made-id 3"; strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	if frames := strings.Join(r.posted["a1="], ""); frames != `{"topic":"chat/lobby","messageType":"broadcast","data":{ "n" : 1 }}{"topic":"chat/lobby","messageType":"broadcast","data":3}` {
		t.Errorf("posted %s", frames)
	}
}

func TestABatchIsBounded(t *testing.T) {
	item := `{"topic":"chat/lobby","message":1}`
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"none":        {`[]`, 200},
		"100":         {`[` + strings.Repeat(item+",", 99) + item + `]`, 200},
		"101":         {`[` + strings.Repeat(item+",", 100) + item + `]`, 400},
		"no array":    {item, 400},
		"null":        {`null`, 400},
		"too large":   {`["` + strings.Repeat("x", 2<<20) + `"]`, 413},
		"not closed":  {`[` + item, 400},
		"100 garbage": {`[` + strings.Repeat("0,", 99) + `0]`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if status, body := r.call("POST", publishPath+"/batch", c.body); status != c.status {
				t.Errorf("got %d %.200s, want %d", status, body, c.status)
			}
		})
	}
}

func TestAddressOfABackendIsRecordedAnonymised(t *testing.T) {
	for _, c := range []struct {
		trusted int
		want    string
	}{{0, "192.0.2.0/24"}, {1, "203.0.113.0/24"}, {2, "198.51.100.0/24"}} {
		r := newRig(t, func(a *httpapi.API) { a.TrustedProxies = c.trusted })
		q := r.request("POST", publishPath, `{"topic":"chat/lobby","message":1}`)
		q.RemoteAddr = "192.0.2.7:4711"
		q.Header.Add("X-Forwarded-For", "198.51.100.7")
		q.Header.Add("X-Forwarded-For", "203.0.113.7")
		r.do(q)
		if got := r.Records()[0].PublisherIP.Value(); got != c.want {
			t.Errorf("%d trusted proxies: recorded %s, want %s", c.trusted, got, c.want)
		}
		for _, address := range []string{"192.0.2.", "198.51.100.", "203.0.113."} {
			if strings.Contains(r.log.String(), address) {
				t.Errorf("the log has an address: %s", r.log)
			}
		}
	}
}

// forgetful keeps nothing.
type forgetful struct{}

func (forgetful) Record(context.Context, telemetry.Record, bool) error { return nil }

// loud is what the model complains to during a fuzz run, where an F may not be
// used: a panic becomes a 500, and that fails.
type loud struct{ testing.TB }

func (loud) Helper()                           {}
func (loud) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func FuzzPublish(f *testing.F) {
	for _, body := range []string{
		`{"topic":"chat/lobby","message":{"a":[1,2.5e3,"x\u00e4",true,null,{}]}}`, `{"message":"","topic":"chat/lobby","messageType":"m","id":"1","compress":true}`,
		`{"topic":"chat/lobby","message":null}`, `{"topic":"chat/lobby","message":1,"message":2}`, `[{"topic":"chat/lobby","message":1}]`, ` `, "\xff",
	} {
		f.Add([]byte(body))
	}
	r := newRig(loud{f})
	r.api.Service.Recorder = forgetful{}
	authorization := "Bearer " + token(f, adminSecret, everything...)
	f.Fuzz(func(t *testing.T, body []byte) {
		clear(r.posted)
		r.log.Reset()
		q := httptest.NewRequestWithContext(t.Context(), "POST", publishPath, strings.NewReader(string(body)))
		q.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		r.handler.ServeHTTP(w, q)
		var answer map[string]any
		if w.Code >= 500 || json.Unmarshal(w.Body.Bytes(), &answer) != nil {
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
		// What subscribers get is a frame that holds what an independent parser
		// finds in the body, byte for byte.
		for _, frames := range r.posted {
			var in struct{ Message json.RawMessage }
			var out struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(frames[0]), &out); err != nil || w.Code != 200 || len(frames) != 1 {
				t.Fatalf("%q: %d, frames %q: %v", body, w.Code, frames, err)
			}
			fields := map[string]json.RawMessage{}
			if err := json.Unmarshal(body, &fields); err != nil {
				t.Fatalf("%q was published: %v", body, err)
			}
			in.Message = fields["message"]
			if string(in.Message) == "null" {
				in.Message = json.RawMessage("{}")
			}
			if string(in.Message) != string(out.Data) {
				t.Fatalf("%q: subscribers got %q", body, out.Data)
			}
		}
	})
}
