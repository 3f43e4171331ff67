package apihost_test

import (
	"crypto/tls"
	"net/http"
	"testing"
)

// clientOf returns a client that takes any certificate.
func clientOf(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
