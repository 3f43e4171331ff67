package lifetest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/core/grant"
)

// dial connects a client of the application, at an address that has a name in
// the place of the application's id. The subject and the topic are what nobody
// else would say.
func (l *Life) dial(t testing.TB, address, subject string) (*websocket.Conn, error) {
	t.Helper()
	key, err := grant.ParseSigningKey("HS256", l.Client)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, err := grant.Sign(key, grant.Claims{Subject: grant.Subject(subject), Permissions: []string{grant.Write("*")}, Issued: now, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	conn, answer, err := websocket.Dial(t.Context(), address+"?access_token="+token, &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {l.address}}})
	if answer != nil && answer.Body != nil { // a library that keeps the connection leaves nothing to read
		defer answer.Body.Close()
	}
	if err != nil && (answer == nil || answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusForbidden) {
		t.Errorf("connecting was not refused, but failed: %v", err)
	}
	return conn, err
}

// Speak has a client of the application connect at an address, listen to what it
// says itself, and leave.
func (l *Life) Speak(t testing.TB, address string) {
	t.Helper()
	l.Stay(t, address)()
}

// Stay is Speak, of a client that leaves when leave is called.
func (l *Life) Stay(t testing.TB, address string) (leave func()) {
	t.Helper()
	subject, topic, payload := letters(), letters(), l.typed("payload")
	l.Ids["subject"], l.Ids["topic"] = []byte(subject), []byte(topic)
	conn, err := l.dial(t, address, subject)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	for _, frame := range []string{
		`{"type":"subscribe","data":{"topic":"` + topic + `","id":"s"}}`,
		`{"type":"publish","data":{"topic":"` + topic + `","id":"p","payload":"` + payload + `"}}`,
	} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		for heard := ""; !strings.Contains(heard, `"ack"`); {
			_, text, err := conn.Read(t.Context())
			if err != nil || !json.Valid(text) {
				t.Fatal(err, string(text))
			}
			heard = string(text)
		}
	}
	return func() {
		if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	}
}

// Mute checks that clients of the application cannot connect any more.
func (l *Life) Mute(t testing.TB, address string) {
	t.Helper()
	if conn, err := l.dial(t, address, "somebody"); err == nil {
		conn.CloseNow()
		t.Error("a client of the application can connect")
	}
}
