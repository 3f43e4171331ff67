package scenario

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// keySet serves the application's first key as a key set (RFC 7517), as its
// own issuer would. It must be closed.
type keySet struct {
	server http.Server
	url    string
}

// serveSet serves the public half of k, which must be of ES256.
func serveSet(k key) (*keySet, error) {
	private, ok := k.sign.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key set holds an ES256 key here, not one of %s", k.alg)
	}
	point, err := private.PublicKey.Bytes() // 4, x, y: SEC 1 §2.3.3
	if err != nil {
		return nil, err
	}
	half := (len(point) - 1) / 2
	part := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": string(k.alg), "kid": first,
		"x": part(point[1 : 1+half]), "y": part(point[1+half:]),
	}}})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &keySet{url: "http://" + l.Addr().String() + "/keys.json"}
	s.server.ReadHeaderTimeout = time.Minute
	s.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Write(set)
	})
	go func() { _ = s.server.Serve(l) }() // until it is closed
	return s, nil
}

func (s *keySet) close() {
	if s != nil {
		_ = s.server.Close()
	}
}
