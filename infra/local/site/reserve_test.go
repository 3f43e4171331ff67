package site

import (
	"errors"
	"net"
	"testing"
	"time"
)

// A stranger without a token could end the process: the stores cannot go on
// without files.
func TestSomeFilesAreNotForConnections(t *testing.T) {
	for below, admitted := range map[uintptr]bool{0: false, 1 << 20: true} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		accepted := make(chan net.Conn, 1)
		go func() {
			if conn, err := (reserve{l, below}).Accept(); err == nil {
				accepted <- conn
			}
			close(accepted)
		}()
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if admitted {
			conn := <-accepted
			if conn == nil {
				t.Fatal("not admitted, though there are files enough")
			}
			conn.Close()
		}
		// Cut off, or closed by us: either way the connection ends.
		_ = client.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := client.Read(make([]byte, 1)); n != 0 || !isEnd(err) {
			t.Errorf("below %d: %d bytes, %v", below, n, err)
		}
		l.Close()
		if conn, ok := <-accepted; ok {
			t.Errorf("admitted %v, though there are no files left", conn)
		}
	}
}

// isEnd reports whether the other side has ended the connection, cleanly or not.
func isEnd(err error) bool {
	var late net.Error
	return err != nil && !(errors.As(err, &late) && late.Timeout())
}
