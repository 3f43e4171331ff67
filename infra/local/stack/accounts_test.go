package stack

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/infra/config"
	"tacet/infra/httpapi/manage/matrixtest"
)

// begin starts a platform from the repository's template, in which a deletion
// waits for a second.
func begin(t testing.TB) *Stack {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what needs processes of its own")
	}
	s, err := Start(t.Context(), Options{
		Settings: config.Standalone{
			Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited", TrustedProxies: 1,
			IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: 29 * time.Second,
		},
		AWS: config.AWS{AWS: true}, Log: slog.New(slog.DiscardHandler), Every: time.Second, SettleSeconds: 1,
	})
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
	return s
}

// session signs somebody in, past who issues identities.
func (s *Stack) session(t testing.TB, who account.Identity) string {
	t.Helper()
	token, _, err := s.accounts.SignIn(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// What the API of accounts answers to whom is the same here, where it is a
// function with a role of its own, as over stores in memory.
func TestMatrix(t *testing.T) {
	s := begin(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	matrixtest.Test(t, matrixtest.Host{Base: s.running.HTTP, Client: client, Session: s.session})
	for d, n := range s.guard.Denials() {
		t.Errorf("%s may not do what it did %d times: %s on %s", d.Role, n, d.Action, d.Resource)
	}
}
