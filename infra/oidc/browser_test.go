package oidc_test

import (
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser is somebody at a browser who signs in under a name.
type browser struct {
	*http.Client
	name string
	deny bool // cancels instead
	stop string
}

// newBrowser returns one that goes wherever it is sent, but for addresses that
// begin with stop.
func newBrowser(t *testing.T, name, stop string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	b := &browser{name: name, stop: stop}
	b.Client = &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, before []*http.Request) error {
		switch {
		case b.stop != "" && strings.HasPrefix(r.URL.String(), b.stop):
			return http.ErrUseLastResponse
		case len(before) > 20:
			return errors.New("it goes round and round")
		}
		return nil
	}}
	return b
}

var (
	formAction = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
	formPrompt = regexp.MustCompile(`name="prompt" value="([^"]+)"`)
	cancelLink = regexp.MustCompile(`href="([^"]+/abort)"`)
)

// open opens an address and does what the pages ask for, until it is sent to
// where it stops, or there is nothing more to fill in. It returns the last
// answer, and where it was sent if it stopped.
func (b *browser) open(t *testing.T, address string) (*http.Response, url.Values) {
	t.Helper()
	answer, err := b.Get(address)
	for range 10 {
		must(t, err)
		if answer.StatusCode/100 == 3 {
			to, err := answer.Location()
			must(t, err)
			return answer, to.Query()
		}
		page, err2 := io.ReadAll(answer.Body)
		must(t, err2)
		form := formAction.FindSubmatch(page)
		if form == nil {
			answer.Body = io.NopCloser(strings.NewReader(string(page)))
			return answer, nil
		}
		if cancel := cancelLink.FindSubmatch(page); b.deny && cancel != nil {
			answer, err = b.Get(absolute(t, answer, cancel[1]))
			continue
		}
		prompt := formPrompt.FindSubmatch(page)
		if prompt == nil {
			t.Fatalf("a page that nobody expects: %s", page)
		}
		answer, err = b.PostForm(absolute(t, answer, form[1]), url.Values{"prompt": {string(prompt[1])}, "login": {b.name}, "password": {"any"}})
	}
	t.Fatal("the pages do not end")
	return nil, nil
}

func absolute(t *testing.T, page *http.Response, link []byte) string {
	t.Helper()
	u, err := page.Request.URL.Parse(html.UnescapeString(string(link)))
	must(t, err)
	return u.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
