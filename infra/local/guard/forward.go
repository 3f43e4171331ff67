package guard

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Forward returns a handler that passes requests on to a URL, as they are.
func Forward(to *url.URL) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.DisableCompression = true
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // who called has gone, or is told with a 502
	}
}
