package standalone

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/infra/config"
	"tacet/infra/jwks"
)

// MustCertify writes a certificate for 127.0.0.1 that vouches for itself, and its key.
func MustCertify(t *testing.T, dir string, serial int64) (pool *x509.CertPool, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(leaf)
	return pool, cert, key
}

// A certificate is renewed every few weeks, and nobody wants to restart for it.
func TestARenewedCertificateIsTakenIntoUse(t *testing.T) {
	dir := t.TempDir()
	_, cert, key := MustCertify(t, dir, 1)
	p := &pair{cert: cert, key: key}
	first, err := p.load()
	if err != nil {
		t.Fatal(err)
	}
	stamp := p.stamp
	look := func() {
		stamp = stamp.Add(time.Minute)
		if err := os.Chtimes(cert, stamp, stamp); err != nil {
			t.Fatal(err)
		}
		p.looked = time.Time{}
	}

	MustCertify(t, dir, 2)
	if p.fresh() != first {
		t.Error("the file was read without need")
	}
	look()
	second := p.fresh()
	if string(second.Certificate[0]) == string(first.Certificate[0]) {
		t.Error("the old one is still in use")
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	look()
	if p.fresh() != second {
		t.Error("one that is no good was taken into use")
	}
}

func TestClientsAreGivenANameThatLeadsHere(t *testing.T) {
	named := func(names ...string) []byte {
		t.Helper()
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names}
		der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, c := range []struct {
		listen, domain string
		certificate    []byte
		want           string
	}{
		{"127.0.0.1:0", "", nil, "127.0.0.1:4711"},
		{"localhost:0", "", nil, "localhost:4711"},
		{"[::1]:0", "", nil, "[::1]:4711"},
		{":0", "", nil, "localhost:4711"},
		{"0.0.0.0:0", "", nil, "localhost:4711"},
		{"[::]:0", "", named("example.org", "other.org"), "example.org:4711"},
		{"[::]:0", "", named("*.example.org"), "localhost:4711"},
		{"192.0.2.1:0", "", named("example.org"), "192.0.2.1:4711"},
		{":0", "example.org", nil, "example.org"},
	} {
		s := config.Standalone{Listen: c.listen, Domain: c.domain}
		if got := address(&s, &net.TCPAddr{IP: net.IPv4zero, Port: 4711}, c.certificate); got != c.want {
			t.Errorf("%s %s: got %s", c.listen, c.domain, got)
		}
	}
}

func TestAHostHeaderCannotAddToThePolicy(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "[::1]:80": "[::1]:80", "a-b.example": "a-b.example",
		"x; script-src *": "invalid", "x *": "invalid", "x,y": "invalid", "x'y": "invalid",
	} {
		if got := hostSource(host); got != want {
			t.Errorf("%q: got %q", host, got)
		}
	}
}

func TestMemoryIsGivenBackOnceForACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var connections, freed atomic.Int32
		go giveBack(ctx, func() int { return int(connections.Load()) }, func() { freed.Add(1) })
		for i, step := range []struct{ connections, freed int32 }{
			{crowd - 1, 0}, {crowd, 1}, {crowd + 10, 1}, {2*crowd - 1, 1}, {2 * crowd, 2}, {3, 3}, {0, 3},
		} {
			connections.Store(step.connections)
			time.Sleep(3 * settled)
			if got := freed.Load(); got != step.freed {
				t.Errorf("step %d, %d connections: given back %d times, want %d", i, step.connections, got, step.freed)
			}
		}
		for range 20 { // while they still come
			connections.Add(crowd)
			time.Sleep(settled / 2)
		}
		if got := freed.Load(); got != 3 {
			t.Errorf("given back %d times while clients come", got)
		}
		cancel()
	})
}

func TestQuietLevels(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelDebug: false, slog.LevelInfo: false, slog.LevelWarn: true} {
		l := slog.New(quiet{slog.NewTextHandler(os.Stderr, nil)}).With("a", 1).WithGroup("g")
		if got := l.Enabled(t.Context(), level); got != want {
			t.Errorf("%v: got %v", level, got)
		}
	}
}

// started returns a platform of this test, without anything on disk, and its development application.
func started(t *testing.T, integration time.Duration, change ...func(*config.Standalone)) (*Platform, *app.App) {
	t.Helper()
	s := config.Standalone{
		Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited",
		IdleTimeout: time.Minute, MaxLifetime: time.Hour, IntegrationTimeout: integration,
	}
	for _, f := range change {
		f(&s)
	}
	p, err := Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	r := p.running
	return p, Development{App: r.App, ClientKey: r.ClientKey, AdminKey: r.AdminKey}.application("unlimited")
}

// A key server that never answers must not keep clients waiting for ever.
func TestAdmittingAConnectionHasATimeout(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p, a := started(t, 50*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), jwks.Timeout-time.Second) // it would give up by itself then
	defer cancel()
	a.Keys.Client = [2]grant.Slot{{JWKSURL: "http://" + silent.Addr().String(), Algorithm: grant.RS256}}
	if err := p.disk.Apps.Put(ctx, a); err != nil {
		t.Fatal(err)
	}
	_, answer, err := websocket.Dial(ctx, p.running.WebSocket+"?access_token="+p.running.ClientToken, nil)
	if err == nil || answer == nil || answer.StatusCode != 503 {
		t.Errorf("%v", err)
	}
}

// An application can want connections to end with their tokens; somebody has to look at the clock for that.
func TestConnectionsEndWithTheirTokens(t *testing.T) {
	p, a := started(t, time.Minute)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a.Settings.Expiry = app.ExpiryEnforce
	if err := p.disk.Apps.Put(ctx, a); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	short, err := Development{ClientKey: p.running.ClientKey}.token(grant.Client, now, now.Add(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(ctx, p.running.WebSocket+"?access_token="+short, nil)
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for {
		_, raw, err := conn.Read(ctx)
		if err == nil {
			warned = warned || strings.Contains(string(raw), "token-expiring")
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != 4002 || !warned {
			t.Errorf("warned: %v; %v", warned, err)
		}
		break
	}
}
