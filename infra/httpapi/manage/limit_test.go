package manage_test

import (
	"fmt"
	"testing"
	"time"

	"tacet/infra/httpapi/manage"
)

func TestRequestsOfAClientAreLimited(t *testing.T) {
	r := newRig(t)
	for n := range 60 {
		w := r.want(200, "", "GET", "/v1/plans", "")
		if left := w.Header().Get("RateLimit-Remaining"); left != fmt.Sprint(59-n) || w.Header().Get("RateLimit-Limit") != "60" {
			t.Fatalf("after %d requests: %v", n+1, w.Header())
		}
	}
	w := r.want(429, `"code":4305`, "GET", "/v1/plans", "")
	if w.Header().Get("Retry-After") != "1" || w.Header().Get("RateLimit-Remaining") != "0" || w.Header().Get("RateLimit-Reset") != "3" {
		t.Errorf("refused with %v", w.Header())
	}
	r.want(429, "", "GET", "/v1/nothing", "") // what there is not counts as well
	r.want(429, "", "GET", "/v1/openapi.json", "")
	r.sleep(50 * time.Millisecond)
	r.want(200, "", "GET", "/v1/plans", "")
	r.want(429, "", "GET", "/v1/plans", "")
	r.sleep(time.Hour)
	if w := r.want(200, "", "GET", "/v1/plans", ""); w.Header().Get("RateLimit-Remaining") != "59" {
		t.Errorf("after an hour: %v", w.Header())
	}
}

func TestClientsHaveLimitsOfTheirOwnByNetwork(t *testing.T) {
	r := newRig(t, func(a *manage.API) {
		a.TrustedProxies = 1
		a.Limits.Client = manage.Rate{PerSecond: 1, Burst: 1}
	})
	from := func(status int, address string) {
		t.Helper()
		r.want(status, "", "GET", "/v1/plans", "", "X-Forwarded-For", address)
	}
	from(200, "192.0.2.1")
	from(429, "192.0.2.1")
	from(429, "192.0.2.200") // of the same network: more is not known of it
	from(200, "198.51.100.1")
	from(200, "2001:db8:1::1")
	from(429, "2001:db8:1:2::1")
	from(200, "2001:db8:2::1")
}

// A token that nobody has made must not be a way to have more.
func TestMadeUpTokensCountAgainstTheClient(t *testing.T) {
	r := newRig(t, func(a *manage.API) { a.Limits.Client = manage.Rate{PerSecond: 1, Burst: 2} })
	for n := range 3 {
		w := r.do("GET", "/v1/plans", "", "Authorization", fmt.Sprint("Bearer tacet_t_", n))
		if limited := w.Code == 429; limited != (n == 2) {
			t.Errorf("request %d with a made-up token: %d", n+1, w.Code)
		}
	}
}

func TestAttemptsToSignInAreLimitedMore(t *testing.T) {
	r := newRig(t)
	for range 10 {
		r.want(401, "one-time link", "POST", "/v1/sessions", `{"link":"x"}`)
	}
	if w := r.want(429, "", "POST", "/v1/sessions", `{"link":"x"}`); w.Header().Get("Retry-After") != "5" {
		t.Errorf("refused with %v", w.Header())
	}
	r.want(200, "", "GET", "/v1/plans", "") // everything else goes on
	r.sleep(5 * time.Second)
	r.want(401, "", "POST", "/v1/sessions", `{"link":"x"}`)
}

func TestWhatIsRememberedOfClientsIsBounded(t *testing.T) {
	r := newRig(t, func(a *manage.API) {
		a.TrustedProxies = 1
		a.Limits.Client = manage.Rate{PerSecond: 0.001, Burst: 1}
	})
	first := []string{"X-Forwarded-For", "10.0.0.1"}
	r.want(200, "", "GET", "/v1/plans", "", first...)
	r.want(429, "", "GET", "/v1/plans", "", first...)
	for n := range 2 * manage.MaxBuckets {
		r.do("GET", "/v1/plans", "", "X-Forwarded-For", fmt.Sprintf("11.%d.%d.1", n>>8, n&255))
	}
	r.want(200, "", "GET", "/v1/plans", "", first...)
}

func TestPrincipalsHaveLimitsOfTheirOwn(t *testing.T) {
	r := newRig(t, func(a *manage.API) {
		a.Limits.Client = manage.Rate{PerSecond: 0.001, Burst: 2}
		a.Limits.Principal = manage.Rate{PerSecond: 1, Burst: 3}
	})
	ada, bob := bearer(r.signIn("ada")), bearer(r.signIn("bob"))
	for range 3 { // the first counts against the address too: nobody knows ada before
		r.want(200, "", "GET", "/v1/me", "", ada...)
	}
	r.want(429, "", "GET", "/v1/me", "", ada...)
	r.want(200, "", "GET", "/v1/me", "", bob...)
	r.want(429, "", "GET", "/v1/plans", "") // the address is used up
	r.want(200, "", "GET", "/v1/me", "", bob...)
	r.sleep(time.Second)
	r.want(200, "", "GET", "/v1/me", "", ada...)
}
