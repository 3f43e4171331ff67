package standalone_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/infra/local/site"
	"tacet/infra/local/standalone"
)

func TestAMessageGoesFromOneToTheOther(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	alice, bob := mustConnect(t, r), mustConnect(t, r)
	bob.send(`{"type":"subscribe","data":{"topic":"chat","id":"s"}}`)
	bob.expect("priv/acks", "ack")
	alice.send(`{"type":"publish","data":{"topic":"chat","id":"p","payload":{"a":1.0}}}`)
	if got := string(alice.expect("priv/acks", "ack")); got != `{"data":"p","matched":1,"delivered":1,"gone":0}` {
		t.Errorf("ack %s", got)
	}
	if got := string(bob.expect("chat", "broadcast")); !strings.Contains(got, `"payload":{"a":1.0}`) {
		t.Errorf("message %s", got)
	}
	status, body := call(t, r, "POST", "/api/topics/"+string(r.App)+"/publish", `{"topic":"chat","message":"from a backend"}`)
	if status != 200 || !strings.Contains(body, `"delivered":1`) {
		t.Errorf("%d %s", status, body)
	}
	if got := string(bob.expect("chat", "broadcast")); got != `"from a backend"` {
		t.Errorf("message %s", got)
	}
}

func TestAnAcknowledgementPrecedesTheEcho(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	alice := mustConnect(t, r)
	alice.send(`{"type":"subscribe","data":{"topic":"chat"}}`)
	for range 100 {
		alice.send(`{"type":"publish","data":{"topic":"chat","id":"p","payload":1}}`)
		alice.expect("priv/acks", "ack")
		alice.expect("chat", "broadcast")
	}
}

// Somebody who names another application in the query must not get past those who read the path.
func TestTheApplicationOfThePathWins(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	other := strings.Repeat("0", 32)
	for _, query := range []string{
		"app=" + other + "&access_token=" + r.ClientToken,
		"access_token=" + r.ClientToken + "&app=" + other + "&app=" + other,
		"access_token=" + r.ClientToken + "&%61pp=" + other,
		"app=%zz&access_token=" + r.ClientToken,
	} {
		p, app := mustDial(t, withQuery(t, r.WebSocket, "/apps/"+string(r.App), query))
		if app != string(r.App) {
			t.Errorf("%s: greeted for %s", query, app)
		}
		p.conn.CloseNow()
	}
	_, answer, err := websocket.Dial(patience(t), withQuery(t, r.WebSocket, "/apps/"+other, "app="+string(r.App)+"&access_token="+r.ClientToken), nil)
	if err == nil || answer == nil || answer.StatusCode != 403 {
		t.Errorf("another application in the path, ours in the query: %v", err)
	}
}

func TestTheStagePathTakesTheApplicationFromTheQuery(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	if _, app := mustDial(t, withQuery(t, r.WebSocket, "/"+standalone.Stage, "app="+string(r.App)+"&access_token="+r.ClientToken)); app != string(r.App) {
		t.Errorf("greeted for %s", app)
	}
}

func TestARefusedClientIsToldWhy(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	for _, c := range []struct {
		address string
		status  int
		text    string
	}{
		{r.WebSocket, 401, "no access token"},
		{r.WebSocket + "?access_token=x", 401, "not a JSON Web Token"},
		{r.WebSocket + "?access_token=" + r.AdminToken, 403, "not signed with a key of this application"},
		{withQuery(t, r.WebSocket, "/apps/short", "access_token="+r.ClientToken), 400, "32 hex digits"},
		{withQuery(t, r.WebSocket, "/ws", "access_token="+r.ClientToken), 400, "32 hex digits"},
	} {
		_, answer, err := websocket.Dial(patience(t), c.address, nil)
		if err == nil || answer == nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		var body struct {
			Message string
			Code    int
		}
		if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || answer.StatusCode != c.status || !strings.Contains(body.Message, c.text) || body.Code == 0 {
			t.Errorf("%d %+v %v, want %d %q", answer.StatusCode, body, err, c.status, c.text)
		}
	}
}

func TestWhoAsksForAPageOfAWebSocketIsTold(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	for _, path := range []string{"/apps/" + string(r.App), "/apps/x", "/ws"} {
		a, err := http.Get(r.HTTP + path)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != 426 || a.Header.Get("Upgrade") != "websocket" {
			t.Errorf("%s: %d %v", path, a.StatusCode, a.Header)
		}
		if status, body := call(t, r, "GET", path, ""); status != 426 || !strings.Contains(body, "new WebSocket(") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// Nobody is given credentials for @connections here, so nobody may find it.
func TestTheManagementAPIIsNotThere(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	mustConnect(t, r)
	for _, path := range []string{"/ws/@connections/x", "/@connections/x", "/ws/%40connections/x"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if status, _ := call(t, r, method, path, "x"); status != 404 && status != 405 {
				t.Errorf("%s %s: %d", method, path, status)
			}
		}
	}
}

func TestHeadersHaveABound(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	q, err := http.NewRequest("GET", r.HTTP+"/v1/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	if status, _ := do(t, http.DefaultClient, q); status != 431 {
		t.Errorf("got %d", status)
	}
}

func TestARestartKeepsWhatWasAcknowledged(t *testing.T) {
	data := t.TempDir()
	before, stop := mustStart(t, settings(data))
	alice := mustConnect(t, before)
	for range 10 {
		alice.send(`{"type":"publish","data":{"topic":"chat","id":"p","payload":1}}`)
		alice.expect("priv/acks", "ack")
	}
	stop()

	after, _ := mustStart(t, settings(data))
	if after.App != before.App || !after.ClientKey.Secret.Equal(before.ClientKey.Secret) || !after.AdminKey.Secret.Equal(before.AdminKey.Secret) {
		t.Error("another application")
	}
	after.ClientToken, after.AdminToken = before.ClientToken, before.AdminToken
	mustConnect(t, after)
	if _, body := call(t, after, "GET", "/telemetry/aggregates/"+string(after.App)+"/1", ""); !strings.Contains(body, `"messages":10`) {
		t.Errorf("telemetry: %s", body)
	}
}

func TestStoppingTellsEveryClientToComeBack(t *testing.T) {
	r, stop := mustStart(t, settings(t.TempDir()))
	peers := make([]*peer, 200)
	for i := range peers {
		peers[i] = mustConnect(t, r)
	}
	go stop()
	for _, p := range peers {
		closed, before := p.close()
		if closed.Code != 4000 || closed.Reason == "" {
			t.Fatalf("closed with %v", closed)
		}
		if last := len(before) - 1; last < 0 || !strings.Contains(before[last], `"messageType":"reconnect","data":{"afterMs":`) {
			t.Fatalf("told %v before", before)
		}
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(r.HTTP, "http://")); err == nil {
		t.Error("somebody listens still")
	}
	stop()
}

// A client that never says anything must not hold up the end.
func TestStoppingDoesNotWaitForTheSilent(t *testing.T) {
	r, stop := mustStart(t, settings(""))
	silent, err := net.Dial("tcp", strings.TrimPrefix(r.HTTP, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	mustConnect(t, r) // does not read, so it does not answer the close frame
	stop()            // fails after five seconds
}

func TestAReceiverThatDoesNotReadIsClosedAndInvitedBack(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	lazy, keen := mustConnect(t, r), mustConnect(t, r)
	for _, p := range []*peer{lazy, keen} {
		p.send(`{"type":"subscribe","data":{"topic":"flood","id":"s"}}`)
		p.expect("priv/acks", "ack")
	}
	message := `{"topic":"flood","message":"` + strings.Repeat("x", 100<<10) + `"}`
	for n := 0; ; n++ {
		_, body := call(t, r, "POST", "/api/topics/"+string(r.App)+"/publish", message)
		keen.expect("flood", "broadcast")
		if strings.Contains(body, `"failed":1`) {
			break
		}
		if n == 500 {
			t.Fatal("50 MB wait for one receiver")
		}
	}
	if closed, _ := lazy.close(); closed.Code != 4001 {
		t.Errorf("closed with %v", closed)
	}
	keen.send(`{"type":"ping"}`)
	keen.expect("priv/session", "pong")
}

func TestAnIdleConnectionIsClosed(t *testing.T) {
	s := settings("")
	s.IdleTimeout = 100 * time.Millisecond
	r, _ := mustStart(t, s)
	if closed, _ := mustConnect(t, r).close(); closed.Code != 1001 {
		t.Errorf("closed with %v", closed)
	}
}

func TestAConnectionIsClosedAtItsAge(t *testing.T) {
	s := settings("")
	s.MaxLifetime = 100 * time.Millisecond
	r, _ := mustStart(t, s)
	if closed, _ := mustConnect(t, r).close(); closed.Code != 1001 {
		t.Errorf("closed with %v", closed)
	}
}

func TestThePlanOfThisStartCounts(t *testing.T) {
	data := t.TempDir()
	_, stop := mustStart(t, settings(data))
	stop()
	s := settings(data)
	s.Plan = "free"
	r, _ := mustStart(t, s)
	alice := mustConnect(t, r)
	alice.send(`{"type":"publish","data":{"topic":"chat","id":"p","payload":"` + strings.Repeat("x", 20<<10) + `"}}`)
	alice.expect("priv/acks", "ack")
	if _, body := call(t, r, "POST", "/api/topics/"+string(r.App)+"/publish", `{"topic":"chat","message":"`+strings.Repeat("x", 40<<10)+`"}`); !strings.Contains(body, "plan") {
		t.Errorf("got %s", body)
	}
}

func TestNobodyElseReadsTheDataFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "made", "here")
	r, stop := mustStart(t, settings(data))
	mustConnect(t, r)
	check := func() {
		t.Helper()
		err := filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil && !d.IsDir() && info.Mode().Perm()&0o077 != 0 && !strings.HasPrefix(path, filepath.Join(data, "db")) {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			if err == nil && d.IsDir() && info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	check()
	stop()
	check()
	if _, err := site.ReadRunning(data); err == nil {
		t.Error("the folder says that a platform runs")
	}
}

func TestTheNodeIsRandomAndKept(t *testing.T) {
	data := t.TempDir()
	_, stop := mustStart(t, settings(data))
	stop()
	before, err := os.ReadFile(filepath.Join(data, "node"))
	if err != nil {
		t.Fatal(err)
	}
	_, stop = mustStart(t, settings(data))
	stop()
	after, err := os.ReadFile(filepath.Join(data, "node"))
	if err != nil || string(after) != string(before) || len(before) < 16 {
		t.Errorf("%q, then %q (%v)", before, after, err)
	}
	if host, err := os.Hostname(); err == nil && strings.Contains(string(after), host) {
		t.Error("it is the name of the machine")
	}
}

func TestMemoryLeavesNothingOnDisk(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := settings(data)
	s.Memory = true
	r, stop := mustStart(t, s)
	mustConnect(t, r)
	stop()
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made")
	}
}

func TestWhatIsInTheWayIsSaid(t *testing.T) {
	data := t.TempDir()
	r, _ := mustStart(t, settings(data))
	file := filepath.Join(data, "a file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	_, stop := mustStart(t, settings(damaged))
	stop()
	if err := os.WriteFile(filepath.Join(damaged, "development.json"), []byte(`{"app":"x"`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                string
		listen, data        string
		certificate, key    string
		want, must, mustNot string
	}{
		{name: "folder in use", data: data, want: r.HTTP, must: "--data DIR"},
		{name: "file in the way", data: file, want: "a file is in its way", must: "--data DIR"},
		{name: "file above", data: filepath.Join(file, "x"), want: "a file is in its way", must: "--memory"},
		{name: "port in use", listen: strings.TrimPrefix(r.HTTP, "http://"), want: "listens on", must: "--listen"},
		{name: "foreign address", listen: "localhost.invalid:0", want: "no address of this machine", must: "--listen"},
		{name: "no certificate", certificate: "nowhere", key: file, want: "there is no file nowhere", must: "--tls-cert"},
		{name: "bad certificate", certificate: file, key: file, want: "not a certificate in PEM", must: "--tls-key"},
		{name: "damaged file", data: damaged, want: "is damaged", must: "development.json", mustNot: `"app"`},
	} {
		s := settings(c.data)
		if c.listen != "" {
			s.Listen = c.listen
		}
		s.TLSCert, s.TLSKey = c.certificate, c.key
		p, err := standalone.Start(s, slog.New(slog.DiscardHandler))
		if err == nil {
			t.Errorf("%s: it starts", c.name)
			_ = p.Stop(context.Background())
			continue
		}
		if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, c.must) || c.mustNot != "" && strings.Contains(text, c.mustNot) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	mustConnect(t, r) // all that has not hurt who was there before
}
