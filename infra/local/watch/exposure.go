package watch

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"tacet/core/fault"
	"tacet/infra/httpapi"
	"tacet/infra/httpapi/door"
)

// MetricsPath is where Prometheus scrapes.
const MetricsPath = "/metrics"

// Exposure says who may look.
type Exposure struct {
	// Here says that whoever comes from this machine's own addresses is on it:
	// no proxy stands in front.
	Here bool
	// Operator reports whether a request shows a session of the operator's.
	Operator func(*http.Request) bool
}

// Beside returns a handler that shows figures to who may see them, and leaves
// all other paths to next.
func (w *Watch) Beside(next http.Handler, x Exposure) http.Handler {
	shown := w.pages()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		page := shown[r.URL.Path]
		switch {
		case page == nil:
			next.ServeHTTP(rw, r)
		case !x.allows(r):
			refuse(rw, errNotHere)
		default:
			page.ServeHTTP(rw, r)
		}
	})
}

var errNotHere = &fault.Error{
	Kind: fault.Forbidden,
	Text: "this is shown to programs on the machine itself, which call it 127.0.0.1 or localhost, and to who sends the token of an operator's session; --metrics-listen shows it elsewhere",
}

// Alone returns the handler of a listener of its own: figures for everybody who
// reaches it, and of next whether it is alive and ready. A listener that only
// this machine reaches is none for pages whose name was made to lead there.
func (w *Watch) Alone(next http.Handler, loopback bool) http.Handler {
	shown := w.pages()
	shown["/healthz"], shown[httpapi.ReadyPath] = next, next
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		page := shown[r.URL.Path]
		switch {
		case fromElsewhere(r) || loopback && !isHere(r.Host):
			refuse(rw, errNotHere)
		case page == nil:
			refuse(rw, &fault.Error{Kind: fault.NotFound, Text: "here are " + MetricsPath + ", " + httpapi.StatusPath + ", /healthz and " + httpapi.ReadyPath})
		default:
			page.ServeHTTP(rw, r)
		}
	})
}

// pages are what there is to see.
func (w *Watch) pages() map[string]http.Handler {
	return map[string]http.Handler{MetricsPath: reading(w.Metrics()), httpapi.StatusPath: reading(http.HandlerFunc(w.status))}
}

// reading refuses what would change something.
func reading(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			p := door.ProblemOf(&fault.Error{Kind: fault.Invalid, Text: "this is to be read: use GET"})
			p.Status = http.StatusMethodNotAllowed
			p.Write(w)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Cache-Control", "no-store")
	door.ProblemOf(err).Write(w)
}

// allows reports whether who asks may look.
func (x Exposure) allows(r *http.Request) bool {
	if fromElsewhere(r) {
		return false
	}
	return x.Here && direct(r) || x.Operator != nil && x.Operator(r)
}

// direct reports whether a request comes from this machine, by a name that only
// this machine can have: the page of a name that was made to lead here would say
// that name. What names a proxy has come through one, whatever the settings say.
func direct(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && isHere(r.Host)
}

// fromElsewhere reports whether a page of another site asks.
func fromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return true
}

// isHere reports whether a Host header is this machine's own, which needs no
// resolver.
func isHere(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
