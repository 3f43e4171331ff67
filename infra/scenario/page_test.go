package scenario_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// The platform's own page shows topics that the server has confirmed, and what
// it refused beside the form that asked.
func TestThePageShowsOnlyTopicsThatItHas(t *testing.T) {
	p := run(t, t.TempDir(), "--memory")
	page := open(t, browser(t), p.Console)
	shown := func(selector string) (text string) {
		t.Helper()
		page.do(chromedp.Evaluate(`document.querySelector('`+selector+`').textContent.trim()`, &text))
		return text
	}
	// A refusal ends the connection, and with it go its topics.
	page.do(chromedp.WaitVisible(`#topics button`),
		chromedp.SetValue(`#wanted`, `priv/somebody`), chromedp.Click(`#subscribe button`), chromedp.WaitVisible(`#state[data-state=bad]`))
	if why, topics := shown(`#refused`), shown(`#topics`); !contains(why, "priv/somebody: ", "forbidden", "(4202)") || topics != "" {
		t.Errorf("after a refusal %q the page has the topics %q", why, topics)
	}
	if said := shown(`#said`); said != "" {
		t.Errorf("what nobody said is answered: %q", said)
	}
	page.look("refused")
	// The next connection asks for what was granted, and for nothing else.
	page.do(chromedp.Click(`#dial`), chromedp.WaitVisible(`#topics button`))
	if topics := shown(`#topics`); topics != "chat ×" {
		t.Errorf("the next connection has the topics %q", topics)
	}
	page.do(chromedp.Click(`#topics button`), chromedp.WaitNotPresent(`#topics button`))
}
