package scenario_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a real browser without a window. It ends with the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("there is no Chromium here: `make test` installs it; by hand it is `apt-get install chromium` on Debian")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WSURLReadTimeout(time.Minute)}
	for _, flag := range []string{
		"disable-background-networking", "disable-quic", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		"no-default-browser-check", "disable-extensions",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log("the browser did not end by itself: ", err)
		}
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal("the browser does not start: ", err)
	}
	return ctx
}

// tab is one tab of a browser, which keeps what its page says to its console.
type tab struct {
	context.Context
	t    *testing.T
	mu   sync.Mutex
	said []string
}

// open opens a page in a tab of its own. Whatever the browser complains about
// there fails the test.
func open(t *testing.T, browser context.Context, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{Context: ctx, t: t}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			for _, argument := range e.Args {
				b.hear(argument)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("the page failed: %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				t.Errorf("the browser complains: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	b.do(chromedp.Navigate(url))
	return b
}

// hear notes a text that the page says to its console.
func (b *tab) hear(o *runtime.RemoteObject) {
	var text string
	if json.Unmarshal(o.Value, &text) != nil {
		text = o.Description
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, text)
}

// heard returns what was said to the console, line by line.
func (b *tab) heard() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.said, "\n")
}

// do runs actions in the tab.
func (b *tab) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b, actions...); err != nil {
		b.look("failed")
		b.t.Fatal(err)
	}
}

// await evaluates an expression, waits for its promise, and puts its value
// into result.
func (b *tab) await(expression string, result any) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
}

// look keeps a picture of the page, if TACET_PICTURES names a folder for them.
func (b *tab) look(name string) {
	folder := os.Getenv("TACET_PICTURES")
	if folder == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(b, chromedp.FullScreenshot(&png, 100)); err != nil {
		b.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		b.t.Log(err)
	}
}

func contains(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// quote returns s as JavaScript.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(text)
}

// Two tabs of the platform's own page talk to each other.
func TestAMessageTravelsFromOneTabToTheOther(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	chromium := browser(t)
	speaker, listener := open(t, chromium, p.Console), open(t, chromium, p.Console)
	for _, b := range []*tab{speaker, listener} {
		b.do(chromedp.WaitVisible(`#state[data-state=on]`), chromedp.WaitVisible(`#topics button`))
	}
	speaker.do(
		chromedp.SetValue(`#payload`, `{"hello": "other tab"}`), chromedp.Click(`#publish button`),
		chromedp.WaitVisible(`#said li`),
	)
	var heard, said, address string
	listener.do(chromedp.WaitVisible(`#heard li`), chromedp.Text(`#heard li`, &heard), chromedp.Location(&address))
	speaker.do(chromedp.Text(`#said li`, &said))
	if !contains(heard, "chat broadcast", `"hello"`, `"other tab"`) {
		t.Errorf("the other tab shows %q", heard)
	}
	if !contains(said, "matched 2, delivered 2, gone 0") {
		t.Errorf("the answer is shown as %q", said)
	}
	if contains(address, "token") {
		t.Error("the token is left in the address bar")
	}
	speaker.look("speaker")
	listener.look("listener")
}

// somebodysPage returns the address of an empty page on another server. (An
// address of this machine: to pages from elsewhere browsers forbid it.)
func somebodysPage(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><title>empty</title>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A page without any library: two plain WebSockets, one with its token in the
// URL, one with it among the subprotocols.
func TestABrowsersPlainWebSocketIsEnough(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	page := open(t, browser(t), somebodysPage(t))
	var got struct{ Protocol, NoProtocol, Heard, Kind, Inside string }
	page.await(`(async () => {
		const url = `+quote(p.WebSocket)+`, token = `+quote(p.ClientToken)+`
		const opened = (...how) => new Promise((resolve, reject) => {
			const ws = new WebSocket(...how), waiting = []
			ws.heard = []
			ws.next = async () => ws.heard.shift() ?? new Promise((r) => waiting.push(r))
			ws.onmessage = ({data}) => waiting.length ? waiting.shift()(data) : ws.heard.push(data)
			ws.onerror = reject
			ws.onopen = () => resolve(ws)
		})
		const alice = await opened(url, ['tacet.v1', token])
		const bob = await opened(url + '?access_token=' + token)
		await alice.next(); await bob.next() // the welcomes
		alice.send('{"type":"subscribe","data":{"topic":"chat","id":"1"}}')
		await alice.next()
		bob.send('{"type":"publish","data":{"topic":"chat","payload":"hello"}}')
		const heard = JSON.parse(await alice.next()).data.payload
		bob.send('{"type":"publish","data":{"topic":"chat","payload":"small","compress":true}}')
		const binary = await alice.next()
		const inside = JSON.parse(await binary.text()).data.payload
		return {Protocol: alice.protocol, NoProtocol: bob.protocol, Heard: heard, Kind: binary.constructor.name, Inside: inside}
	})()`, &got)
	if got.Protocol != "tacet.v1" || got.NoProtocol != "" || got.Heard != "hello" || got.Kind != "Blob" || got.Inside != "small" {
		t.Errorf("got %+v", got)
	}
}

// A browser is told by the close event why its connection ended.
func TestABrowserLearnsWhyItWasClosed(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	page := open(t, browser(t), somebodysPage(t))
	var got struct {
		Code   int
		Reason string
	}
	page.await(`new Promise((resolve) => {
		const ws = new WebSocket(`+quote(p.WebSocket)+`, ['tacet.v1', `+quote(p.ClientToken)+`])
		ws.onopen = () => ws.send('{"type":"subscribe","data":{"topic":"priv/somebody"}}')
		ws.onclose = ({code, reason}) => resolve({Code: code, Reason: reason})
	})`, &got)
	if got.Code != 4202 || got.Reason != "Subscription to another's private topic is forbidden!" {
		t.Errorf("got %+v", got)
	}
}
