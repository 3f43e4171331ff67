package standalone_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestThePageIsServedUnderAStrictPolicy(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	for _, file := range []string{"", "try.js", "style.css", "icon.svg"} {
		a, err := http.Get(r.HTTP + "/console/" + file)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		policy := a.Header.Get("Content-Security-Policy")
		if a.StatusCode != 200 || !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%q: %d %q", file, a.StatusCode, policy)
		}
	}
	for _, path := range []string{"/console/nothing", "/console/../go.mod"} {
		if status, _ := call(t, r, "GET", path, ""); status == 200 {
			t.Errorf("%s is served", path)
		}
	}
	if status, _ := call(t, r, "POST", "/console/", ""); status != 405 {
		t.Errorf("POST: %d", status)
	}
}

// The page must work where nothing else can be reached, and under its own policy.
func TestThePageNeedsNobodyElse(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	for _, file := range []string{"", "try.js", "style.css"} {
		_, body := call(t, r, "GET", "/console/"+file, "")
		for _, foreign := range []string{"https://", "http://", "<script>", "<style", "style=", "onclick=", "innerHTML", "eval("} {
			if strings.Contains(body, foreign) {
				t.Errorf("%q has %s", file, foreign)
			}
		}
	}
}

func TestTheTokenStandsWhereNoBrowserSendsIt(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	address, fragment, ok := strings.Cut(r.Console, "#")
	if !ok || strings.Contains(address, r.ClientToken) || !strings.Contains(fragment, r.ClientToken) || strings.Contains(r.Console, r.AdminToken) {
		t.Errorf("the link is %s", r.Console)
	}
}

func TestTheRootLeadsToThePage(t *testing.T) {
	r, _ := mustStart(t, settings(""))
	if status, body := call(t, r, "GET", "/", ""); status != 200 || !strings.Contains(body, "<title>Tacet") {
		t.Errorf("%d %.80s", status, body)
	}
}
