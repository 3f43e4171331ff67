package socket_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"tacet/infra/local/socket"
)

type echo struct{ closed chan int }

func (echo) Open(*socket.Conn) {}
func (echo) Message(c *socket.Conn, text []byte) {
	c.Send(socket.NewReply(text, false))
}
func (e echo) Closed(_ *socket.Conn, code int, _ string) { e.closed <- code }

func TestEcho(t *testing.T) {
	s, err := socket.New(socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := echo{make(chan int, 1)}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Upgrade(w, r, "", e) }))
	defer h.Close()
	c, _, err := websocket.Dial(t.Context(), strings.Replace(h.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		c.Write(t.Context(), websocket.MessageText, []byte("hello"))
		_, b, err := c.Read(t.Context())
		if err != nil || string(b) != "hello" {
			t.Fatal(string(b), err)
		}
	}
	c.Close(4001, "bye")
	if code := <-e.closed; code != 4001 {
		t.Fatal(code)
	}
	s.Shutdown(context.Background())
}
