package manage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory/directorytest"
	"tacet/core/ledger/ledgertest"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/rights"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
	"tacet/infra/httpapi/door"
	"tacet/infra/httpapi/manage"
	"tacet/infra/logging"
)

// rig is an API over accounts in memory, at a time that tests set.
type rig struct {
	t       testing.TB
	mu      sync.Mutex
	now     time.Time
	log     *bytes.Buffer
	service *account.Service
	rights  *rights.Service
	api     manage.API
	handler http.Handler
}

func newRig(t testing.TB, change ...func(*manage.API)) *rig {
	t.Helper()
	r := &rig{t: t, now: time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	random := sealtest.Random(1)
	r.service = &account.Service{
		Directory: directorytest.NewMemory(r.clock), Vault: sealtest.NewVault(random), Deployment: sealtest.NewDeployment(random),
		Anonymiser: privacy.Anonymiser{Secrets: privacytest.OneSecret([privacy.SecretSize]byte{1})}, Now: r.clock, Random: random,
		Disconnect: func(context.Context, app.ID) (int, bool, error) { return 0, false, nil },
		Begin:      func(context.Context, string) error { return nil },
	}
	r.rights = &rights.Service{Accounts: r.service, Ledger: &ledgertest.Memory{Now: r.clock}, Lifetime: noTelemetry{}, Events: noTelemetry{}, Settle: time.Minute}
	reports := telemetry.Reports{Figures: recorded{}, App: r.service.Application}
	r.api = manage.API{Accounts: r.service, Rights: r.rights, Reports: reports, Log: logging.New(r.log, logging.JSON, slog.LevelDebug), NewID: func() string { return "made-id" }}
	for _, c := range change {
		c(&r.api)
	}
	r.handler = r.api.Handler()
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) sleep(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// request is one with headers in pairs.
func request(method, path, body string, header ...string) *http.Request {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	q := httptest.NewRequestWithContext(context.Background(), method, path, content)
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	return q
}

// do answers a request and holds the answer against what is promised of all.
func (r *rig) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request(method, path, body, header...))
	if w.Code >= 400 {
		var p door.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Code == 0 || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
			r.t.Errorf("%s %s: %d %s is no problem document: %v", method, path, w.Code, w.Body, err)
		}
	}
	if strings.HasPrefix(path, "/v1/") && w.Header().Get("RateLimit-Remaining") == "" {
		r.t.Errorf("%s %s: the answer says nothing of rates", method, path)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		r.t.Errorf("%s %s: the answer lets other sites read it", method, path)
	}
	return w
}

// want does a request that must be answered so.
func (r *rig) want(status int, part string, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	w := r.do(method, path, body, header...)
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		r.t.Errorf("%s %s: got %d %s, want %d and %q", method, path, w.Code, w.Body, status, part)
	}
	return w
}

// noTelemetry is a store in which nothing was ever recorded.
type noTelemetry struct{}

func (noTelemetry) Each(context.Context, app.ID, time.Time, time.Time, time.Time, func(telemetry.Event) error) error {
	return nil
}

func (noTelemetry) Erase(context.Context, app.ID, string) (int64, string, error) { return 0, "", nil }

func (noTelemetry) Restamp(context.Context, app.ID, time.Duration, time.Time, string) (int64, string, error) {
	return 0, "", nil
}
