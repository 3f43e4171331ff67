package manage_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"tacet/core/account"
	"tacet/infra/httpapi/manage"
	"tacet/infra/httpapi/manage/matrixtest"
)

func TestMatrix(t *testing.T) {
	fast := manage.Rate{PerSecond: 1e6, Burst: 1e6}
	r := newRig(t, func(a *manage.API) {
		a.Limits = manage.Limits{Principal: fast, Client: fast, SignIn: fast}
		a.Live = manage.Live{Events: noTelemetry{}, Once: true} // its clock stands still
	})
	server := httptest.NewServer(r.handler)
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got := matrixtest.Test(t, matrixtest.Host{
		Base: server.URL, Client: client,
		Session: func(_ testing.TB, who account.Identity) string { return r.session(who) },
	})
	if *update {
		if err := os.WriteFile("matrixtest/matrix.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
