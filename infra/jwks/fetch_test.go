package jwks_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/infra/jwks"
)

// newServer returns an HTTPS server on this machine, and options that allow
// and trust it.
func newServer(t *testing.T, h http.Handler) (*httptest.Server, jwks.Options) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, jwks.Options{Loopback: true, RootCAs: roots}
}

// routes are the ways in which a server can answer.
func routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(keySet("first"))) })
	mux.HandleFunc("/missing", http.NotFound)
	mux.HandleFunc("/created", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(keySet("first")))
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(keySet("first") + strings.Repeat(" ", jwks.MaxBytes)))
	})
	mux.HandleFunc("/just", func(w http.ResponseWriter, _ *http.Request) {
		set := keySet("first")
		_, _ = w.Write([]byte(set + strings.Repeat(" ", jwks.MaxBytes-len(set))))
	})
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	mux.HandleFunc("/to", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("url"), http.StatusFound)
	})
	mux.HandleFunc("/hops/{n}", func(w http.ResponseWriter, r *http.Request) {
		next := map[string]string{"4": "/hops/3", "3": "/hops/2", "2": "/hops/1", "1": "/keys"}[r.PathValue("n")]
		http.Redirect(w, r, next, http.StatusFound)
	})
	return mux
}

func TestAServerIsBelievedWithinLimits(t *testing.T) {
	s, o := newServer(t, routes())
	plain := httptest.NewServer(routes())
	t.Cleanup(plain.Close)
	for _, c := range []struct {
		name, url string
		options   jwks.Options
		want      string // in the error; "" means a key
	}{
		{"https", s.URL + "/keys", o, ""},
		{"as large as allowed", s.URL + "/just", o, ""},
		{"three redirects", s.URL + "/hops/3", o, ""},
		{"http on this machine, allowed", plain.URL + "/keys", o, ""},
		{"http on this machine", plain.URL + "/keys", jwks.Options{}, "only https"},
		{"this machine", s.URL + "/keys", jwks.Options{RootCAs: o.RootCAs}, "no public address"},
		{"this machine is no private network", s.URL + "/keys", jwks.Options{RootCAs: o.RootCAs, Private: true}, "no public address"},
		{"this machine by name", strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/keys", jwks.Options{RootCAs: o.RootCAs}, "no public address"},
		{"http elsewhere", "http://issuer.example/keys", o, "only https"},
		{"http to metadata", "http://169.254.169.254/latest/meta-data", o, "only https"},
		{"https to metadata", "https://169.254.169.254/", jwks.Options{Loopback: true, Private: true}, "no public address"},
		{"private network", "https://10.0.0.1/keys", o, "no public address"},
		{"a file", "file:///etc/passwd", o, "only https"},
		{"nothing", "", o, "only https"},
		{"no host", "https:///keys", o, "only https"},
		{"no URL", "https://%zz", o, "not a URL"},
		{"a user name", "https://u:p@issuer.example/keys", o, "user name"},
		{"another certificate authority", s.URL + "/keys", jwks.Options{Loopback: true, RootCAs: x509.NewCertPool()}, "certificate"},
		{"not found", s.URL + "/missing", o, "status 404"},
		{"another success", s.URL + "/created", o, "status 201"},
		{"too large", s.URL + "/large", o, "larger than"},
		{"not a key set", s.URL + "/html", o, "not a key set"},
		{"four redirects", s.URL + "/hops/4", o, "too many redirects"},
		{"redirect to http", s.URL + "/to?url=http://issuer.example/", o, "only https"},
		{"redirect to a private network", s.URL + "/to?url=https://192.168.0.1/", o, "no public address"},
		{"redirect to metadata", s.URL + "/to?url=https://169.254.169.254/", o, "no public address"},
		{"redirect with a user name", s.URL + "/to?url=https://u:p@issuer.example/", o, "user name"},
		{"redirect to a file", s.URL + "/to?url=file:///etc/passwd", o, "only https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, err := jwks.New(c.options).Keys(t.Context(), c.url, grant.EdDSA, false)
			if c.want == "" {
				if err != nil || len(keys) != 1 {
					t.Errorf("got %d keys, %v", len(keys), err)
				}
				return
			}
			if err == nil || fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %d keys, %v, want %q", len(keys), err, c.want)
			}
			if text := fault.Public(err).Text; strings.Contains(text, c.want) {
				t.Errorf("a stranger is told %q", text)
			}
		})
	}
}

func TestASlowServerIsLeft(t *testing.T) {
	if d := jwks.TimeoutOf(jwks.Options{}); d != jwks.Timeout {
		t.Errorf("a fetch may take %v", d)
	}
	for name, begin := range map[string]string{"no answer": "", "no end": `{"keys":[`} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			s, o := newServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if begin != "" {
					_, _ = w.Write([]byte(begin))
					w.(http.Flusher).Flush()
				}
				<-release
			}))
			t.Cleanup(func() { close(release) }) // before the server is closed, which waits for it
			_, err := jwks.NewImpatient(o, 50*time.Millisecond).Keys(t.Context(), s.URL+"/?private=query", grant.EdDSA, false)
			var timeout interface{ Timeout() bool }
			if !errors.As(err, &timeout) || !timeout.Timeout() || strings.Contains(err.Error(), "private=query") {
				t.Errorf("got %v, want a timeout that does not repeat the URL", err)
			}
		})
	}
}

func TestOnlyTheInternetAtLargeIsPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true, "2606:4700::1111": true, "2a00::1": true,
		"64:ff9b::8.8.8.8": true, "::ffff:8.8.8.8": true,
		"0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "100.100.100.200": false, "127.0.0.1": false, "127.255.0.1": false, "169.254.169.254": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.0.0.170": false, "192.168.1.1": false, "198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false,
		"255.255.255.255": false, "203.0.113.1": false,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::10.0.0.1": false,
		"64:ff9b::169.254.169.254": false, "64:ff9b:1::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false,
		"ff02::1": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false, "2606:4700::1111%eth0": false,
	} {
		if got := jwks.Public(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s is public: %v, want %v", ip, got, want)
		}
	}
}

func TestOptionsOpenWhatTheyName(t *testing.T) {
	for _, c := range []struct {
		address           string
		loopback, private bool // with which option it is reached
	}{
		{"127.0.0.1:443", true, false},
		{"[::1]:443", true, false},
		{"[::ffff:127.0.0.1]:443", true, false},
		{"10.0.0.1:443", false, true},
		{"192.168.0.1:443", false, true},
		{"[::ffff:192.168.0.1]:443", false, true},
		{"[fc00::1]:443", false, true},
		{"169.254.169.254:443", false, false},
		{"[::ffff:169.254.169.254]:443", false, false},
		{"[fd00:ec2::254]:443", false, false},
		{"[fe80::1%eth0]:443", false, false},
		{"0.0.0.0:443", false, false},
		{"100.64.0.1:443", false, false},
		{"nonsense", false, false},
	} {
		if err := jwks.CheckDial(jwks.Options{}, c.address); err == nil {
			t.Errorf("%s is reached without an option", c.address)
		}
		if err := jwks.CheckDial(jwks.Options{Loopback: true}, c.address); (err == nil) != c.loopback {
			t.Errorf("%s with Loopback: %v", c.address, err)
		}
		if err := jwks.CheckDial(jwks.Options{Private: true}, c.address); (err == nil) != c.private {
			t.Errorf("%s with Private: %v", c.address, err)
		}
	}
}
