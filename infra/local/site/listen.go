package site

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"tacet/infra/local/socket"
)

// Listen returns the listener of all that is served. How many connections it
// can have is bounded by the files that the process may open, some of which are
// kept back: Go raises that to what the user is allowed at the start of each
// program.
func Listen(address string, secure *tls.Config) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	var unknown *net.DNSError
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("this user may not listen on %s: choose a port from 1024 on with --listen (%w)", address, err)
	case isInUse(err):
		return nil, fmt.Errorf("something listens on %s already: stop it, or say --listen with another port; port 0 takes a free one (%w)", address, err)
	case errors.As(err, &unknown), isNotOurs(err):
		return nil, fmt.Errorf("%s is no address of this machine: say --listen 127.0.0.1:8080, for instance (%w)", address, err)
	default:
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	l = reserve{l, forConnections()}
	if secure == nil {
		return l, nil
	}
	// Beneath TLS the socket engine wants to reach the connection itself.
	return tls.NewListener(socket.NewListener(l), secure), nil
}
