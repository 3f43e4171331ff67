package guard

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Forward returns a handler that passes requests on to a DynamoDB Local, in the
// name of the access key id that has the tables there. The signature is then
// that of nobody, which nobody looks at.
func Forward(to *url.URL, owner string) http.Handler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.DisableCompression = true
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set(authorization, ownedBy(owner, r.In.Header.Get(authorization)))
		},
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // who called has gone, or is told with a 502
	}
}

const authorization = "Authorization"

// ownedBy returns the Authorization header of a signed request with another
// access key id in it: "AWS4-HMAC-SHA256 Credential=ID/20261128/…".
func ownedBy(owner, header string) string {
	algorithm, credential, _ := strings.Cut(header, "Credential=")
	_, scope, _ := strings.Cut(credential, "/")
	return algorithm + "Credential=" + owner + "/" + scope
}
