package standalone

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const plainHandshake = "GET /apps/0?access_token=a.b.c HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive, Upgrade\r\n" +
	"Pragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n"

// unusual is what only net/http is to judge, each time one thing in a plain
// handshake.
var unusual = []struct{ name, old, new string }{
	{"another method", "GET /", "POST /"},
	{"method in lower case", "GET /", "get /"},
	{"absolute URL", "GET /", "GET http://localhost/"},
	{"no path", "GET /", "GET *"},
	{"older protocol", "HTTP/1.1", "HTTP/1.0"},
	{"newer protocol", "HTTP/1.1", "HTTP/2.0"},
	{"blank before the path", "GET /", "GET  /"},
	{"blank in the path", "access_token", "access token"},
	{"control character in the path", "access_token", "access\x01token"},
	{"malformed escape", "/apps/0", "/apps/%zz"},
	{"bare line feed", "Upgrade: websocket\r\n", "Upgrade: websocket\n"},
	{"bare carriage return", "Cookie: a=b", "Cookie: a=\rb"},
	{"zero byte", "Cookie: a=b", "Cookie: a=\x00b"},
	{"a folded line", "Cookie: a=b", "Cookie: a=b;\r\n c=d"},
	{"no colon", "Cookie: a=b", "Cookie"},
	{"no name", "Cookie: a=b", ": a=b"},
	{"blank before the colon", "Cookie: a=b", "Cookie : a=b"},
	{"blank before the name", "Cookie: a=b", " Cookie: a=b"},
	{"no host", "Host: localhost:8080\r\n", ""},
	{"empty host", "Host: localhost:8080", "Host:"},
	{"two hosts", "Cookie: a=b", "Host: localhost:8080"},
	{"host with a path", "localhost:8080", "localhost/x"},
	{"a body", "Cookie: a=b", "Content-Length: 5"},
	{"an empty body", "Cookie: a=b", "content-length: 0"},
	{"a body in chunks", "Cookie: a=b", "Transfer-Encoding: chunked"},
	{"a trailer", "Cookie: a=b", "Trailer: X"},
	{"an expectation", "Cookie: a=b", "Expect: 100-continue"},
	{"no upgrade", "Upgrade: websocket", "X: websocket"},
	{"another upgrade", "Upgrade: websocket", "Upgrade: h2c"},
	{"no token for the upgrade", "keep-alive, Upgrade", "keep-alive"},
	{"not ASCII", "Cookie: a=b", "Cookie: a=é"},
	{"Pragma alone", "Cache-Control: no-cache\r\n", ""},
	{"no end", "\r\n\r\n", "\r\n"},
}

func TestUnusualHandshakesAreLeftToNetHTTP(t *testing.T) {
	if r, n := readHandshake([]byte(plainHandshake + "more")); r == nil || n != len(plainHandshake) {
		t.Fatalf("a plain handshake gives %v, %d", r, n)
	}
	for _, u := range unusual {
		text := strings.Replace(plainHandshake, u.old, u.new, 1)
		if text == plainHandshake {
			t.Fatalf("%s: nothing is unusual", u.name)
		}
		if r, _ := readHandshake([]byte(text)); r != nil {
			t.Errorf("%s: taken as %+v", u.name, r)
		}
	}
	for i := range plainHandshake {
		if r, _ := readHandshake([]byte(plainHandshake[:i])); r != nil {
			t.Fatalf("taken after %d bytes", i)
		}
	}
}

// FuzzHandshake holds what is taken against net/http's own reader: were the two
// to differ about a request, or about where it ends, something could be hidden
// between them.
func FuzzHandshake(f *testing.F) {
	f.Add([]byte(plainHandshake))
	f.Add([]byte(plainHandshake + "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	for _, u := range unusual {
		f.Add([]byte(strings.Replace(plainHandshake, u.old, u.new, 1)))
	}
	f.Add([]byte(strings.Replace(plainHandshake, "GET /", "GET //x/", 1)))
	f.Add([]byte(strings.Replace(plainHandshake, "Cookie", "cOOkIE", 1)))
	f.Add([]byte(strings.Replace(plainHandshake, "Cookie: a", "Cookie: \t a \t", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, n := readHandshake(data)
		if got == nil {
			return
		}
		rest := bytes.NewReader(data)
		buffered := bufio.NewReader(rest)
		want, err := http.ReadRequest(buffered)
		if err != nil {
			t.Fatalf("taken, but net/http says: %v", err)
		}
		if body, err := io.ReadAll(want.Body); err != nil || len(body) > 0 || want.ContentLength != 0 || len(want.TransferEncoding) > 0 {
			t.Fatalf("net/http sees a body of %d bytes", want.ContentLength)
		}
		if read := len(data) - rest.Len() - buffered.Buffered(); read != n {
			t.Fatalf("%d bytes long, net/http says %d", n, read)
		}
		if !reflect.DeepEqual(got.URL, want.URL) || !reflect.DeepEqual(got.Header, want.Header) || got.Host != want.Host ||
			got.Method != want.Method || got.RequestURI != want.RequestURI || got.Proto != want.Proto || !got.ProtoAtLeast(1, 1) {
			t.Fatalf("read as %+v, net/http reads %+v", got, want)
		}
	})
}
