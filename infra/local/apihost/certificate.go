package apihost

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// newCertificate makes a certificate for some names, and the authority that
// vouches for it, whose key is thrown away.
func newCertificate(names []string, now time.Time) (certificate tls.Certificate, authority []byte, err error) {
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tacet gateway"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, 30),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	authority, err = x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return certificate, nil, err
	}
	if root, err = x509.ParseCertificate(authority); err != nil {
		return certificate, nil, err
	}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, authority, err
}

// names are what this machine is called by those who reach the gateway.
func (h *Host) names() []string {
	host, _, err := net.SplitHostPort(h.domain())
	if err != nil {
		host = h.domain()
	}
	names := []string{"localhost", "127.0.0.1", "::1", "host.docker.internal", h.there()}
	if host != "" && !slices.Contains(names, host) {
		names = append(names, host)
	}
	return names
}

// roots are where systems keep the authorities that they trust.
var roots = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
}

// trust writes an authority into files, and returns the variables that make
// functions trust it: as an addition where a runtime knows one, else together
// with those that the system trusts.
func (h *Host) trust(authority []byte) (map[string]string, error) {
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority})
	bundle := slices.Clone(own)
	for _, file := range roots {
		if system, err := os.ReadFile(file); err == nil {
			bundle = append(bundle, system...)
			break
		}
	}
	one, all := filepath.Join(h.temporary, "authority.pem"), filepath.Join(h.temporary, "authorities.pem")
	for file, text := range map[string][]byte{one: own, all: bundle} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, fmt.Errorf("cannot write the certificate that functions trust: %w", err)
		}
	}
	return map[string]string{
		"NODE_EXTRA_CA_CERTS": one,
		"SSL_CERT_FILE":       all, // Go, and whatever OpenSSL's defaults are asked by
		"AWS_CA_BUNDLE":       all, // Python's SDK
		"REQUESTS_CA_BUNDLE":  all,
	}, nil
}
