package manage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// The page on which somebody looks on: rates as a line, connections, topics and
// refusals. It is a client of livePath, and loads nothing from anywhere.
var (
	//go:embed page/live.html
	liveBody string
	//go:embed page/live.css
	liveStyle string
	//go:embed page/live.js
	liveScript string
)

// livePagePath is where the page is for who does not say which application.
const livePagePath = "/v1/live"

// routeLivePage adds the page, and returns a handler that shows it to browsers
// that ask for live figures as they ask for pages. It says nothing that is not
// known to everybody: what it shows it asks for with the session of its visitor.
func (s *server) routeLivePage() http.Handler {
	page := sync.OnceValue(func() string {
		return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tacet: live</title>
<style>` + liveStyle + "</style></head><body>\n" + liveBody + "<script>" + liveScript + "</script></body></html>\n"
	})
	policy := sync.OnceValue(func() string {
		return "default-src 'none'; style-src " + hashOf(liveStyle) + "; script-src " + hashOf(liveScript) +
			"; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	})
	s.door.Handle("GET "+livePagePath, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy())
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Vary", "Accept")
		_, _ = w.Write([]byte(page()))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && liveOfApp().MatchString(r.URL.Path) && looksForPages(r) {
			at := *r.URL
			at.Path, at.RawPath, at.RawQuery = livePagePath, "", ""
			r = r.Clone(r.Context())
			r.URL = &at
		}
		s.door.ServeHTTP(w, r)
	})
}

var liveOfApp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/v1/apps/[0-9a-f]{32}/live$`) })

// looksForPages reports whether a browser has asked, for somebody to look at it.
func looksForPages(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accept, "text/html") && !strings.Contains(accept, eventStream)
}

// hashOf returns how a content security policy names an inline text.
func hashOf(text string) string {
	hash := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}
