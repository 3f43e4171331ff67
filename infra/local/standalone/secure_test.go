package standalone_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"tacet/infra/config"
	"tacet/infra/local/site"
	"tacet/infra/local/site/sitetest"
	"tacet/infra/local/standalone"
)

func secured(t *testing.T, data string) (config.Standalone, *x509.CertPool) {
	s := settings(data)
	var pool *x509.CertPool
	pool, s.TLSCert, s.TLSKey = sitetest.Certify(t, t.TempDir(), 1)
	return s, pool
}

func trusting(t *testing.T, c *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestTLSCarriesWebSocketsAndHTTP(t *testing.T) {
	s, pool := secured(t, "")
	r, _ := mustStart(t, s)
	if !strings.HasPrefix(r.WebSocket, "wss://127.0.0.1:") || !strings.HasPrefix(r.HTTP, "https://127.0.0.1:") || !strings.HasPrefix(r.Console, r.HTTP) {
		t.Errorf("addresses: %s %s %s", r.WebSocket, r.HTTP, r.Console)
	}
	client := trusting(t, &tls.Config{RootCAs: pool})
	conn, _, err := websocket.Dial(patience(t), r.WebSocket, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"tacet.v1", r.ClientToken}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, first, err := conn.Read(patience(t)); err != nil || !bytes.Contains(first, []byte("welcome")) {
		t.Errorf("%s %v", first, err)
	}
	q, err := http.NewRequest("GET", r.HTTP+"/v1/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := do(t, client, q); status != 200 {
		t.Errorf("got %d", status)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s, pool := secured(t, "")
	r, _ := mustStart(t, s)
	dial := func(most uint16) error {
		c, err := tls.Dial("tcp", strings.TrimPrefix(r.HTTP, "https://"), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10, MaxVersion: most})
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := dial(tls.VersionTLS12); err != nil {
		t.Error(err)
	}
	if err := dial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

func TestClientsOfThisMachineCanRecogniseTheCertificate(t *testing.T) {
	data := t.TempDir()
	s, _ := secured(t, data)
	mustStart(t, s)
	r, err := site.ReadRunning(data)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.Certificate, pair.Certificate[0]) {
		t.Error("another certificate")
	}
}

// No certificate can be had here; what clients are told can be seen all the same.
func TestADomainIsWhatClientsConnectTo(t *testing.T) {
	s := settings(t.TempDir())
	s.Domain = "example.org"
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := standalone.Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(patience(t)); err != nil {
			t.Error(err)
		}
	}()
	r := p.Running()
	if !strings.HasPrefix(r.WebSocket, "wss://example.org/apps/") || r.HTTP != "https://example.org" || r.Certificate != nil {
		t.Errorf("addresses: %s %s", r.WebSocket, r.HTTP)
	}
}

// Clients that abort a handshake must not be named in the log by their address.
func TestComplaintsAboutClientsNameNoAddress(t *testing.T) {
	s, _ := secured(t, "")
	var log bytes.Buffer
	p, err := standalone.Start(s, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(p.Running().HTTP, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 100)); err != nil {
		t.Log(err) // the answer to plain HTTP, or the end
	}
	c.Close()
	if err := p.Stop(patience(t)); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "complained") {
		t.Error("nobody complained")
	}
	if strings.Contains(log.String(), "127.0.0.1:"+strings.Split(c.LocalAddr().String(), ":")[1]) {
		t.Errorf("the log has the client's address: %s", log.String())
	}
}
