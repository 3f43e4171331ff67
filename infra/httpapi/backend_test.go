package httpapi_test

import (
	"slices"
	"strings"
	"testing"

	"tacet/core/wire"
)

func TestUnsubscribeTakesMatchingTopicsAway(t *testing.T) {
	const path = "/api/topics/" + appID + "/unsubscribe"
	r := newRig(t)
	r.want(200, `{"unsubscribed":2}`)(r.call("POST", path, `{"topicPatterns":["news","chat/*"],"subject":"bob"}`))
	if got := r.subscribers("chat/lobby"); !slices.Equal(got, []wire.ConnID{"a1="}) {
		t.Errorf("left: %v", got)
	}
	r.want(200, `{"unsubscribed":0}`)(r.call("POST", path, `{"topicPatterns":["chat/*"],"subject":"bob"}`))
	r.want(200, `{"unsubscribed":0}`)(r.call("POST", path, `{"topicPatterns":["*"],"subject":"unknown"}`))
	r.want(200, `{"unsubscribed":0}`)(r.call("POST", path, `{"topicPatterns":["*"],"subject":"cannot/be a subject"}`))
}

func TestUnsubscribeRefusesWhatWouldMeanEverybody(t *testing.T) {
	for name, body := range map[string]string{
		"no subject":     `{"topicPatterns":["*"]}`,
		"empty subject":  `{"topicPatterns":["*"],"subject":""}`,
		"null subject":   `{"topicPatterns":["*"],"subject":null}`,
		"no patterns":    `{"subject":"bob"}`,
		"empty patterns": `{"topicPatterns":[],"subject":"bob"}`,
		"51 patterns":    `{"topicPatterns":["a"` + strings.Repeat(`,"a"`, 50) + `],"subject":"bob"}`,
		"bad pattern":    `{"topicPatterns":["a b"],"subject":"bob"}`,
		"wrong type":     `{"topicPatterns":"*","subject":"bob"}`,
		"no object":      `[]`,
		"nothing":        ``,
		"too large":      `{"topicPatterns":["*"],"subject":"` + strings.Repeat("b", 40<<10) + `"}`,
	} {
		r := newRig(t)
		if status, answer := r.call("POST", "/api/topics/"+appID+"/unsubscribe", body); status != 400 && status != 413 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if len(r.subscribers("chat/lobby")) != 3 {
			t.Errorf("%s: subscriptions were removed", name)
		}
	}
}

func TestTopicsAreListedAndCounted(t *testing.T) {
	r := newRig(t)
	carol := r.connect(appID, "c1=", "carol")
	r.subscribe(carol, "news")
	r.subscribe(carol, "a/../b")
	const path = "/api/topics/" + appID
	r.want(200, `[{"topic":"a/../b","subscribers":1},{"topic":"chat/lobby","subscribers":3},{"topic":"news","subscribers":1}]`)(r.call("GET", path, ""))
	r.want(200, `{"topic":"news","subscribers":1}`)(r.call("GET", path+"/news", ""))
	r.want(200, `{"topic":"chat/lobby","subscribers":3}`)(r.call("GET", path+"/chat/lobby", ""))
	r.want(200, `{"topic":"chat/lobby","subscribers":3}`)(r.call("GET", path+"/chat%2Flobby", ""))
	r.want(200, `{"topic":"a/../b","subscribers":1}`)(r.call("GET", path+"/a%2F..%2Fb", ""))
	r.want(200, `{"topic":"publish","subscribers":0}`)(r.call("GET", path+"/publish", ""))
	for _, illegal := range []string{"/chat%252Flobby", "/a%20b", "/", "/chat/lobby/", "/%2A", "/%FF", "/" + strings.Repeat("a", 257)} {
		if status, body := r.call("GET", path+illegal, ""); status != 400 || strings.Contains(body, "aaaa") {
			t.Errorf("%.20s: %d %s", illegal, status, body)
		}
	}
	for _, untidy := range []string{"/a//b", "/a/../b", "/./a"} {
		if status, body := r.call("GET", path+untidy, ""); status != 404 {
			t.Errorf("%s: %d %s", untidy, status, body)
		}
	}
}

func TestNoTopicsAreAnEmptyArray(t *testing.T) {
	r := newRig(t)
	for _, id := range []wire.ConnID{"a1=", "b1=", "b2="} {
		if _, err := r.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	r.want(200, `[]`)(r.call("GET", "/api/topics/"+appID, ""))
}

func TestDisconnectEndsWhatItNames(t *testing.T) {
	const path = "/api/connections/" + appID
	for name, c := range map[string]struct {
		path, body string
		closed     []wire.ConnID
	}{
		"one":               {path + "/b1=", `{"disconnected":1}`, []wire.ConnID{"b1="}},
		"one, escaped":      {path + "/b1%3D", `{"disconnected":1}`, []wire.ConnID{"b1="}},
		"unknown":           {path + "/x", `{"disconnected":0}`, nil},
		"another app's":     {path + "/other", `{"disconnected":0}`, nil},
		"a subject's":       {path + "?subject=bob", `{"disconnected":2}`, []wire.ConnID{"b1=", "b2="}},
		"unknown subject":   {path + "?subject=unknown", `{"disconnected":0}`, nil},
		"no subject at all": {path + "?subject=a+b", `{"disconnected":0}`, nil},
		"all":               {path, `{"disconnected":3}`, []wire.ConnID{"a1=", "b1=", "b2="}},
	} {
		r := newRig(t)
		r.connect(otherApp, "other", "bob")
		t.Run(name, func(t *testing.T) {
			q := r.request("DELETE", c.path, "")
			q.Header.Set("X-App-Id", appID)
			w := r.do(q)
			r.want(200, c.body)(w.Code, strings.TrimSpace(w.Body.String()))
			slices.Sort(r.closed)
			if !slices.Equal(r.closed, c.closed) {
				t.Errorf("closed %v, want %v", r.closed, c.closed)
			}
		})
	}
}

func TestAMistakenQueryEndsNothing(t *testing.T) {
	for _, query := range []string{"?subject=", "?subject", "?subjct=bob", "?subject=bob&subject=alice", "?subject=bob&x=1", "?subject=%zz", "?%zz", "?subject=bob&%zz", "?;subject=bob", "?&", "?x"} {
		r := newRig(t)
		if status, body := r.call("DELETE", "/api/connections/"+appID+query, ""); status != 400 {
			t.Errorf("%s: %d %s", query, status, body)
		}
		if len(r.closed) != 0 {
			t.Errorf("%s ended %v", query, r.closed)
		}
	}
}
