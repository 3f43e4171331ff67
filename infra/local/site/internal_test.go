package site

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"tacet/infra/config"
	"tacet/infra/local/site/sitetest"
)

// A certificate is renewed every few weeks, and nobody wants to restart for it.
func TestARenewedCertificateIsTakenIntoUse(t *testing.T) {
	dir := t.TempDir()
	_, cert, key := sitetest.Certify(t, dir, 1)
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

	sitetest.Certify(t, dir, 2)
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

func TestQuietLevels(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelDebug: false, slog.LevelInfo: false, slog.LevelWarn: true} {
		l := slog.New(Quiet{slog.NewTextHandler(os.Stderr, nil)}).With("a", 1).WithGroup("g")
		if got := l.Enabled(t.Context(), level); got != want {
			t.Errorf("%v: got %v", level, got)
		}
	}
}
