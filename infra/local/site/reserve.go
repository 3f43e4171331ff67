package site

import (
	"net"
	"syscall"
)

// reserve is a listener that keeps some of the process's files for its stores:
// one that cannot open a file any more ends the process, and a crowd of
// strangers that say nothing is enough to use up the rest.
//
// It knows by the number of a connection's file how many are in use, since the
// lowest free number is given out (POSIX). Who comes too late is cut off.
type reserve struct {
	net.Listener
	below uintptr // numbers from here on are not for connections
}

// kept is how many files are not for connections: the tables and logs of the
// stores, and what handlers open.
const kept = 128

// Accept returns the next connection that leaves enough.
func (r reserve) Accept() (net.Conn, error) {
	for {
		conn, err := r.Listener.Accept()
		if err != nil || r.admits(conn) {
			return conn, err
		}
		conn.Close()
	}
}

func (r reserve) admits(conn net.Conn) bool {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	admits := false
	err = raw.Control(func(fd uintptr) { admits = fd < r.below })
	return err == nil && admits
}
