package runtime

import (
	"net"
	"net/http"
	"net/netip"
)

// NoPages keeps web pages from an API that is for programs of this machine and
// asks for no signature. A page in a browser here may send it what a form may
// send, to any port, and a page whose name was made to lead here may read the
// answers, too: the event that waits for a function, with the message in it.
//
// The first have an Origin or Sec-Fetch-Site, the others a name for a Host.
// What asks for a tunnel is no page.
func NoPages(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect && (r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || !isHere(r.Host)) {
			reply(w, http.StatusForbidden, failureShape{"Forbidden", "This is not for web pages."})
			return
		}
		h.ServeHTTP(w, r)
	})
}

// isHere reports whether a Host header is this machine's own, which needs no
// resolver.
func isHere(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
