package jwks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Limits of one fetch.
const (
	Timeout      = 5 * time.Second // name, connection, redirects and body together
	MaxBytes     = 256 << 10
	MaxRedirects = 3
)

// Options are what a host decides. The zero value is right for everything that
// strangers can set keys on.
type Options struct {
	// Loopback also allows addresses of this machine, and there http: for
	// development and tests.
	Loopback bool
	// Private also allows private networks (RFC 1918, RFC 4193), by https: for
	// an issuer inside the house. Never allowed are link-local addresses and
	// fd00:ec2::/32, where clouds serve their credentials.
	Private bool
	// RootCAs verify the servers. If nil, those of the system.
	RootCAs *x509.CertPool
	// Now is the clock. If nil, time.Now.
	Now func() time.Time
}

type fetcher struct {
	loopback, private bool
	client            http.Client
}

func newFetcher(o Options) *fetcher {
	f := &fetcher{loopback: o.Loopback, private: o.Private}
	dialer := &net.Dialer{Control: f.checkDial}
	f.client = http.Client{
		Timeout:       Timeout,
		CheckRedirect: f.checkRedirect,
		Transport: &http.Transport{
			// No proxy, also none out of the environment: it would connect for
			// us, to addresses that checkDial never sees.
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
			DisableKeepAlives:      true, // the next fetch is minutes away
			MaxResponseHeaderBytes: 64 << 10,
		},
	}
	return f
}

// fetch returns what is served at address.
func (f *fetcher) fetch(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("fetch key set: not a URL")
	}
	if err := f.checkURL(u); err != nil {
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	req := (&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{"Accept": {"application/jwk-set+json, application/json"}}}).WithContext(ctx)
	res, err := f.client.Do(req)
	if err != nil {
		// The client's own error repeats the URL, whose query may be private.
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("fetch key set: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch key set: status %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read key set: %w", err)
	case len(data) > MaxBytes:
		return nil, fmt.Errorf("read key set: larger than %d bytes", MaxBytes)
	}
	return data, nil
}

// checkURL allows https, and http to this machine if the host allows that.
func (f *fetcher) checkURL(u *url.URL) error {
	switch {
	case u.User != nil:
		return errors.New("the URL holds a user name")
	case u.Scheme == "https" && u.Host != "":
		return nil
	case u.Scheme == "http" && f.loopback && isLoopback(u.Hostname()):
		return nil
	}
	return errors.New("only https is allowed")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (f *fetcher) checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > MaxRedirects {
		return errors.New("too many redirects")
	}
	return f.checkURL(req.URL)
}

// checkDial is asked with the address that is about to be connected to, after
// names have been resolved. Asking earlier would not do: a name can resolve to
// a public address when it is checked, and to a private one when it is used.
func (f *fetcher) checkDial(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbidden
	}
	ip := a.Addr()
	if public(ip) || f.loopback && ip.IsLoopback() || f.private && ip.IsPrivate() && !awsLocal.Contains(ip) {
		return nil
	}
	return errForbidden
}

// errForbidden does not say which address it was: that would tell a stranger
// what names inside resolve to.
var errForbidden = errors.New("the server has no public address")
