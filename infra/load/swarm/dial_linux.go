package swarm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"golang.org/x/sys/unix"
)

// perSource is how many connections one source address carries: Linux has 28,232 ephemeral ports unless told otherwise.
const perSource = 20_000

// remote is where a server listens.
type remote struct{ netip.AddrPort }

// resolve finds the server's address once, so that all connections go to the same one.
func resolve(ctx context.Context, target *url.URL) (remote, error) {
	port := target.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[target.Scheme]
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return remote{}, errors.New("the address has an impossible port")
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", target.Hostname())
	if err != nil {
		return remote{}, fmt.Errorf("finding the server: %w", err)
	}
	best := found[0].Unmap()
	for _, address := range found {
		if address.Unmap().Is4() { // the one that is reachable from more places
			best = address.Unmap()
			break
		}
	}
	return remote{netip.AddrPortFrom(best, uint16(number))}, nil
}

func (r remote) family() int {
	if r.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func (r remote) sockaddr() unix.Sockaddr {
	if r.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(r.Port()), Addr: r.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(r.Port()), Addr: r.Addr().As16()}
}

// dial begins a connection and writes its request as soon as the socket takes it. total is how many there will be.
func (s *Swarm) dial(ctx context.Context, c *conn, total int) (err error) {
	if c.fd, err = unix.Socket(s.remote.family(), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("TCP_NODELAY: %w", err)
	}
	if total > perSource && s.remote.Addr().Is4() && s.remote.Addr().IsLoopback() {
		if err := bindSource(c.fd, c.index); err != nil {
			return err
		}
	}
	if err := unix.Connect(c.fd, s.remote.sockaddr()); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connecting: %w", err)
	}
	if s.nursery != nil {
		s.nursery.raise(ctx, c, s.settings.Patience)
		return nil
	}
	return s.join(c)
}

// join lets a connection take part in the loop. A connection that is still being made refuses the first write with
// EAGAIN, so that nothing else has to be known about it.
func (s *Swarm) join(c *conn) error {
	if err := s.watch(c, unix.EPOLL_CTL_ADD, false); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	c.say(c.request)
	c.request = nil
	s.flush(c)
	return nil
}

// bindSource spreads connections over the loopback network, for one address has not ports enough.
func bindSource(fd, index int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return fmt.Errorf("IP_BIND_ADDRESS_NO_PORT: %w", err)
	}
	source := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + index/perSource)}}
	if err := unix.Bind(fd, source); err != nil {
		return fmt.Errorf("binding a source address: %w", err)
	}
	return nil
}
