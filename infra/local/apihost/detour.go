package apihost

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Functions that make the address of their API themselves, from its id and the
// region, ask for a host that is AWS's. These lead them here instead: a proxy
// for whatever asks the environment for one, and for Node, which does not, a few
// lines that run before the function.

// there returns the host that the API would have on AWS.
func (h *Host) there() string {
	suffix := "amazonaws.com"
	if strings.HasPrefix(h.opts.Template.Region, "cn-") {
		suffix = "amazonaws.com.cn"
	}
	return h.api.ID + ".execute-api." + h.opts.Template.Region + "." + suffix
}

// nodeDetour is run by Node before a function: HTTPS, http2 and fetch all
// connect by tls.connect.
const nodeDetour = `const tls = require('node:tls')
const {connect} = tls
tls.connect = (options, ...others) =>
  typeof options === 'object' && String(options.host ?? options.hostname).toLowerCase() === %q
    ? connect({...options, host: %q, hostname: %[2]q, port: %[3]s, servername: %[1]q}, ...others)
    : connect(options, ...others)
`

// detours returns the variables that lead functions here.
func (h *Host) detours(proxy net.Addr) (map[string]string, error) {
	host, port, err := net.SplitHostPort(h.address)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(h.temporary, "detour.cjs")
	if err := os.WriteFile(file, fmt.Appendf(nil, nodeDetour, strings.ToLower(h.there()), host, port), 0o600); err != nil {
		return nil, fmt.Errorf("cannot write what leads functions to the API: %w", err)
	}
	return map[string]string{
		nodeOptions:   "--require " + strconv.Quote(file),
		"HTTPS_PROXY": "http://" + proxy.String(),
		"NO_PROXY":    "localhost,127.0.0.1,::1",
	}, nil
}

// inside serves functions that are run here: the Invoke API, and a proxy that
// leads to the API who asks for it, and all others to where they want to go.
func (h *Host) inside(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		h.functions.host.ServeHTTP(w, r)
		return
	}
	to := r.Host
	if strings.EqualFold(to, h.there()+":443") {
		to = h.address
	}
	outside, err := (&net.Dialer{Timeout: patience}).DialContext(r.Context(), "tcp", to)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusBadGateway), http.StatusBadGateway)
		return
	}
	defer outside.Close()
	function, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer function.Close()
	if _, err := io.WriteString(function, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		defer function.Close()
		_, _ = io.Copy(function, outside) // ends when either side has had enough
	}()
	_, _ = io.Copy(outside, buffered)
	outside.Close()
	<-back
}
