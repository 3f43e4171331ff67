package site

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"tacet/infra/config"
)

// Secure returns how the host speaks TLS, or nil if it does not, and the
// server's own certificate where nobody but this host vouches for it.
//
// Go's own preset is TLS 1.2 and up with suites that keep forward secrecy;
// the version is written down all the same, because it is promised.
func Secure(s *config.Standalone, f Folder) (*tls.Config, []byte, error) {
	switch {
	case s.Domain != "":
		m := autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(s.Domain),
			Cache: autocert.DirCache(f.path(certificatesName)),
		}
		return &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: m.GetCertificate,
			NextProtos: []string{"http/1.1", acme.ALPNProto},
		}, nil, nil
	case s.TLSCert != "":
		p := &pair{cert: s.TLSCert, key: s.TLSKey}
		now, err := p.load()
		if err != nil {
			return nil, nil, err
		}
		return &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.fresh(), nil },
		}, now.Certificate[0], nil
	}
	return nil, nil, nil
}

// pair is a certificate and its key in files that somebody renews from time to
// time.
type pair struct {
	cert, key string

	mu      sync.Mutex
	current *tls.Certificate
	stamp   time.Time // of the certificate's file
	looked  time.Time
}

// pairPatience is how long a change of the files may go unnoticed.
const pairPatience = 10 * time.Second

// fresh returns the certificate. If the files have changed it is the new one;
// if the new one is no good, the old one.
func (p *pair) fresh() *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.looked) > pairPatience {
		p.looked = time.Now()
		if info, err := os.Stat(p.cert); err == nil && !info.ModTime().Equal(p.stamp) {
			_ = p.read() // half-written perhaps: next time
		}
	}
	return p.current
}

// load reads the files for the first time.
func (p *pair) load() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked = time.Now()
	err := p.read()
	return p.current, err
}

func (p *pair) read() error {
	for flag, file := range map[string]string{"--tls-cert": p.cert, "--tls-key": p.key} {
		if err := readable(file); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	info, err := os.Stat(p.cert)
	if err != nil {
		return err
	}
	c, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return fmt.Errorf("--tls-cert %s and --tls-key %s are not a certificate in PEM and its key: %w", p.cert, p.key, err)
	}
	p.current, p.stamp = &c, info.ModTime()
	return nil
}

func readable(file string) error {
	f, err := os.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s", file)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be read by this user", file)
	case err != nil:
		return err
	}
	return f.Close()
}
