package site

import (
	"bytes"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"tacet/core/privacy"
	"tacet/infra/local/socket"
)

// What the listener puts up with. A client that says nothing, or says it one
// byte at a time, is cut off; WebSockets leave the HTTP server when they are
// upgraded, and these limits with it.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	keepAlive     = 2 * time.Minute
	// headerBytes bounds the request line and the headers: a token of 8 KiB
	// and what browsers send besides. API Gateway's own limits are lower, and
	// the gateway keeps them.
	headerBytes = 16 << 10
)

// Server returns an HTTP server for strangers.
func Server(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: keepAlive, MaxHeaderBytes: headerBytes, ErrorLog: log.New(complaints{logger}, "", 0),
	}
}

// complaints takes what net/http has to say. Most of it is about clients, with
// their addresses in it, or a recovered value with anything in it; so only what
// kind of line it is gets on.
type complaints struct{ log *slog.Logger }

func (c complaints) Write(line []byte) (int, error) {
	switch {
	case bytes.HasPrefix(line, []byte("http: Accept error")):
		c.log.Error("connections cannot be accepted, most likely because the process has too many files open: raise its limit (ulimit -n)")
	case bytes.HasPrefix(line, []byte("http: panic serving")):
		c.log.Error("a handler of HTTP requests panicked")
	default: // a TLS handshake that failed, a client that speaks something else
		c.log.Debug("the HTTP server complained about a client", "bytes", len(line))
	}
	return len(line), nil
}

// RestartReason is what clients are told with wire.CloseRestart.
const RestartReason = "the server is about to stop: come back"

// SourceIP returns what knows the address of a client behind so many proxies of
// our own. Nil without any: a gateway knows who is at the other end.
func SourceIP(proxies int) func(*http.Request) string {
	if proxies == 0 {
		return nil
	}
	return func(r *http.Request) string {
		// A copy: a connection keeps it, and all headers would be kept with it.
		return strings.Clone(privacy.Forwarded(r.Header.Values("X-Forwarded-For"), r.RemoteAddr, proxies))
	}
}

// Door leads each request to who answers it: WebSockets below /apps/ and at the
// stage, where the application stands in the query as on a bare API Gateway
// endpoint; a page to try things out on; and the API for the rest.
//
// A path that is not tidy is the API's to refuse: the mux would tidy it and
// redirect there, and "…/connections/APP/." is not "…/connections/APP".
func Door(stage string, websockets, api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/apps/{app}", func(w http.ResponseWriter, r *http.Request) {
		upgradeOnly(websockets, w, toStage(r, stage, r.PathValue("app")))
	})
	mux.HandleFunc("/"+stage, func(w http.ResponseWriter, r *http.Request) { upgradeOnly(websockets, w, r) })
	mux.Handle(ConsolePath, console())
	mux.Handle("/{$}", http.RedirectHandler(ConsolePath, http.StatusSeeOther))
	mux.Handle("/", api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p != path.Clean(p) && p != path.Clean(p)+"/" {
			api.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// toStage returns the request as a CDN in front of API Gateway would send it
// on: to the stage, with the application of the path in the query. Whatever
// the client has put there under that name is gone: otherwise it could show
// one application to whoever reads the path and another to the gateway.
func toStage(r *http.Request, stage, app string) *http.Request {
	to := r.WithContext(r.Context())
	u := *r.URL
	u.Path, u.RawPath, u.RawQuery = "/"+stage, "", withApp(u.RawQuery, app)
	to.URL = &u
	return to
}

// withApp returns a query in which app is the only application, however the
// client has spelt others.
func withApp(query, app string) string {
	var b strings.Builder
	b.Grow(len("app=&") + len(app) + len(query))
	b.WriteString("app=")
	b.WriteString(url.QueryEscape(app))
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name == "app" || pair == "" {
			continue // malformed ones are nobody's loss
		}
		b.WriteByte('&')
		b.WriteString(pair)
	}
	return b.String()
}

// upgradeOnly lets WebSockets through, and tells anybody else what this is.
func upgradeOnly(websockets http.Handler, w http.ResponseWriter, r *http.Request) {
	if socket.IsUpgrade(r) {
		websockets.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Connection", "Upgrade") // RFC 9110 §15.5.22 asks for both
	h.Set("Upgrade", "websocket")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusUpgradeRequired)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "This is a WebSocket endpoint. Connect with a WebSocket client, as in a browser's console:\n\n"+
			"  new WebSocket(\"%s://%s/apps/APP?access_token=TOKEN\")\n\nA page to try it out: %s\n",
			scheme(r), printable(r.Host), ConsolePath)
	}
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "wss"
	}
	return "ws"
}

// printable keeps what somebody put into a Host header from breaking the line.
func printable(host string) string {
	quoted := fmt.Sprintf("%q", host)
	return quoted[1 : len(quoted)-1]
}
