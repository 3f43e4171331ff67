package standalone_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tacet/infra/local/watch"
)

// look gets an address without a token.
func look(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(patience(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			q.Host = header[i+1]
		}
		q.Header.Set(header[i], header[i+1])
	}
	return do(t, http.DefaultClient, q)
}

func TestFiguresAreOnBothListeners(t *testing.T) {
	s := settings(t.TempDir())
	s.MetricsListen = "127.0.0.1:0"
	r, _ := mustStart(t, s)
	for _, base := range []string{r.HTTP, r.Metrics} {
		if code, body := look(t, base+"/healthz"); code != 200 || body != `{"status":"ok"}` {
			t.Errorf("%s/healthz: %d %s", base, code, body)
		}
		if code, body := look(t, base+"/readyz"); code != 200 || body != `{"status":"ready"}` {
			t.Errorf("%s/readyz: %d %s", base, code, body)
		}
		code, body := look(t, base+"/status")
		var now watch.Status
		if err := json.Unmarshal([]byte(body), &now); code != 200 || err != nil || !now.Ready || now.Node == "" {
			t.Errorf("%s/status: %d %s", base, code, body)
		}
		if code, body := look(t, base+"/status", "Accept", "text/html"); code != 200 || !strings.Contains(body, "<svg") {
			t.Errorf("%s/status for people: %d %s", base, code, body)
		}
		if code, body := look(t, base+"/metrics"); code != 200 || !strings.Contains(body, `tacet_http_requests_total{method="GET",route="/readyz",status="200"}`) {
			t.Errorf("%s/metrics: %d %s", base, code, body)
		}
	}
	if code, _ := look(t, r.Metrics+"/v1/openapi.json"); code != 404 {
		t.Errorf("the API is on the listener of figures: %d", code)
	}
}

func TestOnTheMainListenerFiguresAreForThisMachineAndTheOperator(t *testing.T) {
	s := settings("")
	s.TrustedProxies = 1
	s.Insecure = true
	r, _ := mustStart(t, s)
	for _, path := range []string{"/metrics", "/status"} {
		if code, _ := look(t, r.HTTP+path); code != 403 {
			t.Errorf("%s through a proxy: %d", path, code)
		}
		if code, _ := look(t, r.HTTP+path, "Authorization", "Bearer "+r.Session); code != 200 {
			t.Errorf("%s for the operator: %d", path, code)
		}
		if code, _ := look(t, r.HTTP+path, "Cookie", "__Host-tacet="+r.Session); code != 200 {
			t.Errorf("%s for the operator's browser: %d", path, code)
		}
		if code, _ := look(t, r.HTTP+path, "Authorization", "Bearer "+r.AdminToken); code != 403 {
			t.Errorf("%s for an application's server: %d", path, code)
		}
	}
	if code, _ := look(t, r.HTTP+"/readyz"); code != 200 {
		t.Errorf("/readyz through a proxy: %d", code)
	}
}

func TestTheIDOfARequestIsInItsRefusal(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	a, err := http.Get(r.HTTP + "/v1/me")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var p struct{ Request string }
	if err := json.NewDecoder(a.Body).Decode(&p); err != nil || p.Request == "" || p.Request != a.Header.Get("X-Request-Id") {
		t.Errorf("%+v and %s: %v", p, a.Header.Get("X-Request-Id"), err)
	}
}
