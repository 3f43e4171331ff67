package command

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"tacet/core/wire"
)

func TestTheCatalogueSaysWhetherToComeBack(t *testing.T) {
	for code, want := range map[int]bool{
		-1: true, 1000: false, 1001: true, 1002: false, 1006: true, 1009: false, 1011: true, 1012: true, 1013: true,
		int(wire.CloseRestart): true, int(wire.CloseSlow): true, int(wire.CodeSubscribeForbidden): false, 4999: false,
	} {
		if got := (&over{code: code}).again(); got != want {
			t.Errorf("%d: got %v", code, got)
		}
	}
}

func TestPausesGrowAndVaryAndHaveABound(t *testing.T) {
	var b backoff
	seen := map[time.Duration]bool{}
	for i := range 100 {
		most := min(firstPause<<min(i, 20), mostPause)
		d := b.next()
		if d < most/2 || d > most {
			t.Errorf("pause %d is %s, want %s to %s", i, d, most/2, most)
		}
		seen[d] = true
	}
	if len(seen) < 10 {
		t.Error("clients would come all at once")
	}
}

// A message is somebody's text: it must not be able to speak to the terminal.
func TestNoMessageSpeaksToTheTerminal(t *testing.T) {
	for _, payload := range []string{
		`"\u001b[2J"`, `"` + "\u009b2J" + `"`, `{"a":"` + "\u009b" + `"}`, `"\u202etxt"`, `"a\u0007"`, `"a\nb\r"`,
		`{"long":"` + strings.Repeat("x", 200) + "\u009b" + `"}`,
	} {
		f := &frame{Topic: "t", MessageType: "m\x1b", Data: json.RawMessage(`{"client":{"subject":"s` + "\u009b" + `"},"payload":` + payload + `}`)}
		var out strings.Builder
		if err := shower(&out, false)(f, nil); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(out.String(), "\n")
		if strings.ContainsAny(text, "\x1b\u009b\u202e\a\r") || strings.HasPrefix(payload, `"`) && strings.Contains(text, "\n") {
			t.Errorf("%s: got %q", payload, text)
		}
	}
}

func TestAMessageIsShownForPeople(t *testing.T) {
	for _, c := range []struct{ messageType, data, want string }{
		{"broadcast", `{"client":{"subject":"bob"},"payload":{"a": 1.0}}`, `news  bob: {"a":1.0}`},
		{"broadcast", `"from a backend"`, `news  from a backend`},
		{"alarm", `{"client":1,"b":2}`, `news  alarm  {"client":1,"b":2}`},
		{"broadcast", `{"client":{"subject":"bob"},"payload":""}`, `news  bob: `},
		{"broadcast", `{"long":"` + strings.Repeat("x", 100) + `"}`, "{\n    \"long\": \"xxx"},
	} {
		var out strings.Builder
		if err := shower(&out, false)(&frame{"news", c.messageType, json.RawMessage(c.data)}, nil); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("got %q, want %q in it (%v)", out.String(), c.want, err)
		}
	}
}

func TestForProgramsAMessageIsALine(t *testing.T) {
	var out strings.Builder
	raw := []byte("{\"topic\":\"t\",\"data\":{\n\"a\" : 1.00 , \"b\":\"<\"}}")
	if err := shower(&out, true)(nil, raw); err != nil || out.String() != `{"topic":"t","data":{"a":1.00,"b":"<"}}`+"\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestWordsAreQuotedForTheShell(t *testing.T) {
	for word, want := range map[string]string{
		"/a/b-c.d": "/a/b-c.d", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(x)": "'$(x)'",
	} {
		if got := quote(word); got != want {
			t.Errorf("%q: got %s", word, got)
		}
	}
}

func TestAddressesOfPlatforms(t *testing.T) {
	const app = "0123456789abcdef0123456789abcdef"
	for _, c := range []struct{ address, ws, http string }{
		{"ws://h:1/apps/" + app, "ws://h:1/apps/" + app, "http://h:1"},
		{"wss://h/apps/" + app + "/", "wss://h/apps/" + app + "/", "https://h"},
		{"https://h/apps/" + app, "wss://h/apps/" + app, "https://h"},
		{"wss://h/prod?app=" + app, "wss://h/prod?app=" + app, "https://h"},
	} {
		e, err := at(c.address)
		if err != nil || e.websocket.String() != c.ws || e.http != c.http || e.app != app {
			t.Errorf("%s: %+v %v", c.address, e, err)
		}
	}
	for _, address := range []string{
		"", "h", "ftp://h/apps/" + app, "wss:///apps/" + app, "wss://h/apps/x", "wss://h/", "wss://u:p@h/apps/" + app,
		"wss://h/apps/" + app + "?access_token=hush", "wss://h/apps/" + app + "#hush", "wss://h/%zzhush",
	} {
		if _, err := at(address); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOnlyThisMachineIsHere(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9": true, "[::1]:1": true, "localhost": true, "LOCALHOST:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.0.2.1": false, "0.0.0.0:1": false, "tacet.invalid": false, "localhost.tacet.invalid": false, "127.0.0.1.tacet.invalid": false, "2130706433": false,
	} {
		e, err := at("ws://" + host + "/apps/0123456789abcdef0123456789abcdef")
		if err != nil || e.here() != want {
			t.Errorf("%s: %v %v", host, e.here(), err)
		}
	}
}

func TestEveryCommandTeachesItself(t *testing.T) {
	var g grammar
	parser, err := newParser(&g, &console{program: "tacet"})
	if err != nil {
		t.Fatal(err)
	}
	nodes(parser.Model.Node, func(name string, node *kong.Node) {
		e, ok := node.Target.Addr().Interface().(interface{ example() string })
		switch {
		case node.Help == "" || !strings.HasSuffix(node.Help, "."):
			t.Errorf("tacet %s: its help is %q", name, node.Help)
		case len(node.Children) > 0: // its commands have theirs
		case !ok || !strings.Contains(e.example(), "tacet "+name):
			t.Errorf("tacet %s has no example", name)
		}
	})
}
