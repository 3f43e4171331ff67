package site

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
)

// ConsolePath is where pages for people are.
const ConsolePath = "/console/"

//go:embed page
var page embed.FS

// console serves a page on which somebody pastes a token, subscribes and
// publishes. It is three static files: no request of it carries a token, which
// stands in the part of its URL that browsers keep to themselves.
func console() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // "page" is a valid path
	}
	serve := http.StripPrefix(ConsolePath, http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this is a page to look at", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		// Nothing but its own files, and nobody else but its own host to talk to.
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' "+
			scheme(r)+"://"+hostSource(r.Host)+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		if path.Ext(r.URL.Path) == ".js" {
			h.Set("Content-Type", "text/javascript; charset=utf-8") // some Windows registries say text/plain
		}
		serve.ServeHTTP(w, r)
	})
}

// hostSource returns a host as it may stand in a Content-Security-Policy. Older
// Safari does not count wss:// of the page's own host as 'self', so the host is
// named; one with any character that hosts do not have is not.
func hostSource(host string) string {
	for i := range len(host) {
		c := host[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == ':', c == '[', c == ']':
		default:
			return "invalid"
		}
	}
	return host
}
