package socket_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

// One TLS connection took memory without bound: crypto/tls answers each request for new
// keys from inside Read, and the client did not read the answers.
func TestKeyUpdatesNobodyReadsEndTheConnection(t *testing.T) {
	t.Parallel()
	h := newTLSHost(t, socket.Options{Path: socket.Epoll}, func() *funcs { return new(funcs) })
	r := newRekeyer(t, h)
	const answer = 27 // bytes
	for range 10 * (256 << 10) / answer / 15 {
		var b []byte
		for range 15 { // a record that carries something must come now and then
			b = r.keyUpdate(b)
		}
		if _, err := r.conn.Write(r.record(b, 23, frame(ws.OpPong, true, nil))); err != nil {
			break // as it should be
		}
	}
	if e := h.end(); e != (end{socket.StatusLost, ""}) {
		t.Error("ended with ", e)
	}
}

// rekeyer is a TLS 1.3 client whose records are made by hand: crypto/tls offers no way
// to ask for new keys.
type rekeyer struct {
	t      *testing.T
	conn   net.Conn
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

func newRekeyer(t *testing.T, h *host) *rekeyer {
	conn, err := net.Dial("tcp", h.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	var keys strings.Builder
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, KeyLogWriter: &keys})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if client.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		t.Skip("this machine prefers a cipher that the test does not know")
	}
	r := &rekeyer{t: t, conn: conn}
	for line := range strings.Lines(keys.String()) {
		if f := strings.Fields(line); f[0] == "CLIENT_TRAFFIC_SECRET_0" {
			r.secret, _ = hex.DecodeString(f[2])
		}
	}
	r.rekey()
	d := ws.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return &recorded{client, r}, nil }}
	if _, _, _, err := d.Dial(t.Context(), "ws://x/"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "upgrade", func() bool { return h.count() == 1 })
	return r
}

// recorded counts the records that the handshake has used up.
type recorded struct {
	net.Conn
	r *rekeyer
}

func (c *recorded) Write(b []byte) (int, error) {
	c.r.seq++ // it is short
	return c.Conn.Write(b)
}

func (r *rekeyer) rekey() {
	block, err := aes.NewCipher(r.expand("key", 16))
	if err != nil {
		r.t.Fatal(err)
	}
	r.aead, _ = cipher.NewGCM(block)
	r.iv, r.seq = r.expand("iv", 12), 0
}

// expand is HKDF-Expand-Label (RFC 8446 §7.1).
func (r *rekeyer) expand(label string, n int) []byte {
	info := fmt.Sprintf("%c%c%ctls13 %s%c", 0, n, 6+len(label), label, 0)
	out, err := hkdf.Expand(sha256.New, r.secret, info, n)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// record appends one encrypted record (RFC 8446 §5.2).
func (r *rekeyer) record(b []byte, kind byte, text []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(text)+1+r.aead.Overhead()))
	nonce := binary.BigEndian.AppendUint64(make([]byte, 4, 12), r.seq)
	for i := range nonce {
		nonce[i] ^= r.iv[i]
	}
	r.seq++
	return r.aead.Seal(append(b, head...), nonce, append(text[:len(text):len(text)], kind), head)
}

// keyUpdate appends a request for new keys and takes new ones itself.
func (r *rekeyer) keyUpdate(b []byte) []byte {
	b = r.record(b, 22, []byte{24, 0, 0, 1, 1})
	r.secret = r.expand("traffic upd", sha256.Size)
	r.rekey()
	return b
}
