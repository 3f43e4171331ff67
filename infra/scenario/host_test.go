package scenario_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/infra/config"
	"tacet/infra/local/standalone"
	"tacet/infra/scenario"
)

var onlyURL = flag.String("url", "", "with TACET_JSON: another WebSocket `URL` for the same application, as of a proxy in front")

// host returns the platform to talk to: the one that TACET_JSON describes, or
// one that is started in this process.
func host(t *testing.T) *scenario.Host {
	t.Helper()
	if line := os.Getenv("TACET_JSON"); line != "" {
		facts := []scenario.Fact{}
		for f := range strings.FieldsSeq(os.Getenv("TACET_CAN")) {
			facts = append(facts, scenario.Fact(f))
		}
		h, err := scenario.Deployed(line, trust(t), facts...)
		if err != nil {
			t.Fatal("TACET_JSON: ", err)
		}
		if *onlyURL != "" {
			h.Shared.WebSocket = *onlyURL
		}
		return h
	}
	platform, err := standalone.Start(config.Standalone{
		Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited",
		IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: time.Minute,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	facts := platform.Running()
	return &scenario.Host{
		Name: "standalone", Can: []scenario.Fact{scenario.Ordered, scenario.Closing, scenario.Binary, scenario.Stage, scenario.Counted},
		Make: func(ctx context.Context, a *app.App, keys grant.Slots) (scenario.Place, error) {
			return scenario.Place{
				WebSocket: strings.Replace(facts.WebSocket, string(facts.App), string(a.ID), 1), HTTP: facts.HTTP,
			}, platform.Put(ctx, a, keys)
		},
	}
}

// trust returns whom to trust, from TACET_CA as the public clients' suites take
// it; nil trusts whom the system trusts.
func trust(t *testing.T) *tls.Config {
	t.Helper()
	file := os.Getenv("TACET_CA")
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal("TACET_CA: ", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("TACET_CA holds no certificate in PEM")
	}
	return &tls.Config{RootCAs: pool}
}
