package manage_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/infra/httpapi/manage"
)

func TestTheReferenceShowsEveryOperation(t *testing.T) {
	w := httptest.NewRecorder()
	manage.API{}.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/v1/reference", nil))
	page := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if w.Body.Len() > 200<<10 {
		t.Errorf("the page has %d bytes", w.Body.Len())
	}
	for path, item := range readDocument(t).Paths {
		for method, op := range item {
			for _, part := range []string{`<article id="` + op.OperationID + `">`, `<a href="#` + op.OperationID + `"><b class="m `, op.Summary} {
				if !strings.Contains(page, strings.ReplaceAll(part, "'", "&#39;")) {
					t.Errorf("%s %s: the page has no %s", method, path, part)
				}
			}
		}
	}
	for _, p := range account.Permissions() {
		row := `<td><code>` + string(p.Action) + `</code><td>` + strings.ReplaceAll(p.What, "'", "&#39;")
		for _, r := range account.Roles {
			row += map[bool]string{true: `<td class="yes">✓`, false: `<td class="no">–`}[r.May(p.Action)]
		}
		if !strings.Contains(page, row) {
			t.Errorf("the page has no row %s", row)
		}
	}
}

// The page is shown beside sessions: nothing in it may run, or be loaded.
func TestTheReferenceLoadsNothing(t *testing.T) {
	w := httptest.NewRecorder()
	manage.API{}.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/v1/reference", nil))
	policy := w.Header().Get("Content-Security-Policy")
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$`).MatchString(policy) {
		t.Errorf("the policy is %s", policy)
	}
	for _, bad := range []string{"<script", " style=", " src=", "<link", "<img", "<iframe", "javascript:", "onclick", `href="http`, "@import", "url("} {
		if strings.Contains(w.Body.String(), bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}
