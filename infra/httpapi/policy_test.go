package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/infra/httpapi"
)

func policyOf(t *testing.T, o httpapi.Operator) (http.Header, string) {
	t.Helper()
	w := httptest.NewRecorder()
	httpapi.API{Operator: o}.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/privacy", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Header(), w.Body.String()
}

func TestThePolicyTellsPeopleWhatTheManifestLists(t *testing.T) {
	h, page := policyOf(t, httpapi.Operator{})
	if got := h.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("it is %s", got)
	}
	text := html.UnescapeString(page)
	for _, c := range privacy.Telemetry.Classes {
		if !strings.Contains(text, c.What[1:]) || !strings.Contains(text, c.Retention) {
			t.Errorf("the class %q is not told", c.Name)
		}
		for _, a := range c.Attributes {
			if !strings.Contains(text, a.What) {
				t.Errorf("the attribute %q of %q is not told", a.Name, c.Name)
			}
		}
	}
	for _, a := range privacy.Telemetry.Attributes {
		if !strings.Contains(text, a.Purpose) || !strings.Contains(text, a.Basis) || !strings.Contains(text, string(a.Transform)) {
			t.Errorf("why and how %q is recorded is not told", a.Name)
		}
	}
	for _, p := range plan.All() {
		if !strings.Contains(text, "<td>"+string(p.Name)+"<td>") {
			t.Errorf("how long the plan %s keeps is not told", p.Name)
		}
	}
}

// The browser is told to load nothing and run nothing; so nothing of that may be
// in it, and its style has to be the one that is allowed.
func TestThePolicyLoadsNothing(t *testing.T) {
	h, page := policyOf(t, httpapi.Operator{})
	_, rest, _ := strings.Cut(page, "<style>")
	style, rest, ok := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if csp := h.Get("Content-Security-Policy"); !ok || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the style is not the one that is allowed: %s", csp)
	}
	if found := regexp.MustCompile(`(?i)<script|<img|<link|<iframe|src=|style=|\son\w+=|url\(|@import`).FindString(rest + style); found != "" {
		t.Errorf("there is %q in it", found)
	}
}

func TestThePolicySaysWhoAnswersForIt(t *testing.T) {
	for _, c := range []struct {
		o    httpapi.Operator
		want string
	}{
		{httpapi.Operator{Name: "Ada & Co", Contact: "ada@example.org"}, `<b>Ada &amp; Co</b>, who answers for what it keeps: <a href="mailto:ada@example.org">ada@example.org</a>.`},
		{httpapi.Operator{Contact: "https://example.org/help"}, `reached at <a href="https://example.org/help">https://example.org/help</a>`},
		{httpapi.Operator{Name: "Ada"}, `<b>Ada</b>`},
		{httpapi.Operator{}, `has not said here`},
		{httpapi.Operator{Name: `<script>`, Contact: `javascript:alert(1)`}, `&lt;script&gt;</b>, who answers for what it keeps: javascript:alert(1).`},
		{httpapi.Operator{Contact: `https://x"><script>`}, `<a href="https://x&#34;&gt;&lt;script&gt;">`},
		{httpapi.Operator{Contact: `a@b"onclick=x`}, `reached at a@b&#34;onclick=x.`},
	} {
		if _, page := policyOf(t, c.o); !strings.Contains(page, c.want) || strings.Contains(page, "<script") {
			_, by, _ := strings.Cut(page, `class="by">`)
			t.Errorf("%+v: got %.300s", c.o, by)
		}
	}
}

func TestTheRootLeadsOn(t *testing.T) {
	_, body := get(t, "/")
	for _, link := range []string{`href="/privacy"`, `href="/v1/reference"`, `href="/v1/errors"`} {
		if !strings.Contains(body, link) {
			t.Errorf("it has no %s", link)
		}
	}
}
