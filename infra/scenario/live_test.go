package scenario_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// operatorLink returns a one-time link for whoever runs a platform.
func operatorLink(t *testing.T, p *process, data string) (secret string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "running.json"))
	if err != nil {
		t.Fatal(err)
	}
	var running struct{ Session string }
	if err := json.Unmarshal(text, &running); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.HTTP+"/v1/links", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+running.Session)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Link string }
	_, secret, ok := strings.Cut(string(body), "sign-in=")
	if json.Unmarshal(body, &made) != nil || !ok {
		t.Fatalf("no link: %d %s", answer.StatusCode, body)
	}
	secret, _, _ = strings.Cut(secret, `"`)
	return secret
}

// Somebody who looks on in a browser sees what happens, and nothing of what it is
// about.
func TestWhoLooksOnSeesWhatHappensAndNotWhatItIs(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := run(t, t.TempDir(), "--data", data)
	chromium := browser(t)
	address := p.HTTP + "/v1/apps/" + string(p.App) + "/live"
	live := open(t, chromium, address+"#sign-in="+operatorLink(t, p, data))
	live.do(chromedp.WaitVisible(`#state[data-state=on]`, chromedp.ByQuery)) // by query: its style stands in the page, and is text too
	console := open(t, chromium, p.Console)
	console.do(chromedp.WaitVisible(`#state[data-state=on]`), chromedp.WaitVisible(`#topics button`))
	// Until the end of the test: some messages a second on two topics and a private
	// one, and a refusal.
	console.do(chromedp.Evaluate(`setInterval(() => {
	  const quiet = () => {}
	  for (let i = 0; i < 3 + Math.random() * 20; i++) send('publish', {topic: 'chat'}, quiet, quiet, '"CANARY-payload"')
	  for (let i = 0; i < Math.random() * 5; i++) send('publish', {topic: 'weather/berlin'}, quiet, quiet, '"' + 'x'.repeat(1000) + 'CANARY-payload"')
	  send('publish', {topic: 'priv/CANARY-person'}, quiet, quiet, '1')
	  socket.send('{"type":"CANARY-frame"}')
	}, 250)`, nil))
	live.do(chromedp.WaitVisible(`#topics tr:nth-child(3)`, chromedp.ByQuery), chromedp.WaitVisible(`#errors tr`, chromedp.ByQuery))

	var first struct{ ID, Data string }
	live.await(`new Promise((done) => {
	  const source = new EventSource(location.pathname)
	  source.onmessage = ({lastEventId: id, data}) => { source.close(); done({ID: id, Data: data}) }
	})`, &first)
	if !contains(first.Data, `"topic":"chat"`, `"topic":"priv/*"`, `"4101":`, `"open":1`) || first.ID == "" {
		t.Errorf("an EventSource hears %+v", first)
	}
	var topics, errors, opened, page string
	live.do(
		chromedp.Text(`#topics`, &topics, chromedp.ByQuery), chromedp.Text(`#errors`, &errors, chromedp.ByQuery), chromedp.Text(`#open`, &opened, chromedp.ByQuery),
		chromedp.Evaluate(`document.documentElement.outerHTML`, &page),
	)
	if !contains(topics, "chat", "weather/berlin", "priv/*") || !contains(errors, "4101", "unknown-type") || opened != "1" {
		t.Errorf("the page shows the topics %q, the refusals %q and %q open connections", topics, errors, opened)
	}
	for where, text := range map[string]string{"the page": page, "the stream": first.Data} {
		if strings.Contains(text, "CANARY") {
			t.Errorf("%s holds something of what was sent: %s", where, text)
		}
	}
	if os.Getenv("TACET_PICTURES") != "" {
		live.await(`new Promise((done) => setTimeout(done, 25000))`, nil) // a picture of a moment shows no line
		live.look("live")
	}
	var where string
	live.do(chromedp.Location(&where))
	if where != address {
		t.Errorf("the secret of the link stays in the address: %q", where)
	}
}
