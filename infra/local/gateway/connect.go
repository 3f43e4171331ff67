package gateway

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unique"

	"tacet/infra/apigw"
	"tacet/infra/local/signature"
	"tacet/infra/local/socket"
)

// ServeWebSocket does the handshake of one client, whatever the path, in API
// Gateway's order: throttle, required parameters, signature, authorizer, API
// key (which the authorizer may have given), $connect. The 101 comes last, and
// no connection exists before.
func (g *Gateway) ServeWebSocket(w http.ResponseWriter, r *http.Request) {
	h := &handshake{g: g, r: r}
	if !g.enter() {
		h.refuse(http.StatusServiceUnavailable, "Service Unavailable").write(w)
		return
	}
	defer g.handshakes.Done()
	if refused := h.admit(); refused != nil {
		refused.write(w)
		return
	}
	response, fault := h.connect()
	switch {
	case fault != noFault:
		h.refuse(fault.connectStatus(), fault.text()).write(w)
	case response.StatusCode < 200 || response.StatusCode > 599: // no status of a final answer
		h.refuse(http.StatusBadGateway, textFailed).write(w)
	case response.StatusCode > 299:
		h.passOn(w, response)
	default:
		h.upgrade(w, response)
	}
}

// handshake is the state of a handshake under way.
type handshake struct {
	g         *Gateway
	r         *http.Request
	conn      *conn
	requestID string
	usageKey  string // an API key, as the authorizer says
	header    apigw.Header
	latency   int64 // of the authorizer, in milliseconds
}

func (h *handshake) refuse(status int, text string) *refusal {
	f := &refusal{status: status, text: text, requestID: h.requestID}
	if h.conn != nil {
		f.connID = h.conn.id
	}
	return f
}

// admit does all that comes before $connect. It returns nil if the client may
// go on.
func (h *handshake) admit() *refusal {
	g := h.g
	if len(h.r.RequestURI) > maxURL {
		return h.refuse(http.StatusRequestURITooLong, textURITooLong)
	}
	if headerSize(h.r.Header) > maxHeaders {
		return h.refuse(http.StatusRequestHeaderFieldsTooLarge, textHeadersLong)
	}
	if !socket.IsUpgrade(h.r) {
		return h.refuse(http.StatusUpgradeRequired, textUpgrade)
	}
	if !socket.Acceptable(h.r) { // to be known before $connect runs
		return h.refuse(http.StatusBadRequest, "Bad Request")
	}
	if g.connects.take(1) == 0 {
		return h.refuse(http.StatusTooManyRequests, textTooMany)
	}
	connect := g.routes[apigw.RouteConnect]
	if connect != nil && connect.throttle.take(1) == 0 {
		return h.refuse(http.StatusTooManyRequests, textTooMany)
	}
	h.begin()
	if connect != nil {
		for _, source := range connect.required {
			if h.value(source) == "" {
				return h.refuse(http.StatusBadRequest, "Missing required request parameters")
			}
		}
		if connect.IAM && signature.Verify(*g.opts.Callers, h.r, nil, signingService, g.opts.Region, g.opts.Now()) != nil {
			return h.refuse(http.StatusForbidden, textForbidden)
		}
	}
	if g.opts.Authorizer != nil {
		if f := h.authorize(); f != nil {
			return f
		}
	}
	if connect != nil && connect.APIKeys != nil && !h.hasAPIKey(connect.APIKeys) {
		return h.refuse(http.StatusForbidden, textForbidden)
	}
	return nil
}

func headerSize(h http.Header) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(": \r\n") + len(v)
		}
	}
	return n
}

// offers reports whether the client offered a subprotocol.
func offers(r *http.Request, protocol string) bool {
	for _, v := range r.Header.Values(protocolHeader) {
		for p := range strings.SplitSeq(v, ",") {
			if strings.TrimSpace(p) == protocol {
				return true
			}
		}
	}
	return false
}

// begin makes the connection's id and what its events will say of it.
func (h *handshake) begin() {
	g, r := h.g, h.r
	domain := g.opts.DomainName
	if domain == "" {
		domain = unique.Make(r.Host).Value()
	}
	key := newConnKey()
	h.conn = &conn{
		g: g, id: string(key[:]), connectedAt: g.opts.Now().UnixMilli(), domain: domain,
		source: apigw.NewPrivate(g.opts.SourceIP(r)), agent: apigw.NewPrivate(r.UserAgent()),
	}
	h.requestID, _ = requestIDs(key)
	h.header = h.clientHeaders()
}

// spelling restores what net/http makes of a client's Sec-WebSocket headers.
// It makes one case of all the others too: theirs is lost here, unlike on API
// Gateway.
var spelling = map[string]string{
	"Sec-Websocket-Key":        "Sec-WebSocket-Key",
	"Sec-Websocket-Version":    "Sec-WebSocket-Version",
	"Sec-Websocket-Protocol":   "Sec-WebSocket-Protocol",
	"Sec-Websocket-Extensions": "Sec-WebSocket-Extensions",
}

// clientHeaders returns the client's headers and those that a gateway adds. To
// the client it is always TLS on port 443, as behind API Gateway.
func (h *handshake) clientHeaders() apigw.Header {
	header := make(apigw.Header, len(h.r.Header)+5)
	for name, values := range h.r.Header {
		if name == "Connection" || name == "Upgrade" || name == "Content-Length" {
			continue
		}
		if s, ok := spelling[name]; ok {
			name = s
		}
		header[name] = values
	}
	forwarded := h.conn.source.Raw()
	if before := h.r.Header.Get("X-Forwarded-For"); before != "" {
		forwarded = before + ", " + forwarded
	}
	added := []string{h.r.Host, forwarded, "443", "https", traceID(h.g.opts.Now())}
	for i, name := range []string{"Host", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Amzn-Trace-Id"} {
		header[name] = added[i : i+1 : i+1]
	}
	return header
}

func traceID(now time.Time) string {
	var raw [16]byte
	binary.BigEndian.PutUint32(raw[:], uint32(now.Unix()))
	binary.BigEndian.PutUint64(raw[4:], rand.Uint64())
	binary.BigEndian.PutUint32(raw[12:], rand.Uint32())
	b := append(make([]byte, 0, 40), "Root=1-"...)
	b = append(hex.AppendEncode(b, raw[:4]), '-')
	return string(hex.AppendEncode(b, raw[4:]))
}

func (h *handshake) query() apigw.Query {
	q, _ := url.ParseQuery(h.r.URL.RawQuery) // what is malformed is left out
	return apigw.Query(q)
}

// hasAPIKey reports whether the client, or the authorizer for it, has given
// one of the keys.
func (h *handshake) hasAPIKey(keys []string) bool {
	key := h.usageKey
	if key == "" {
		key = h.header.Get("x-api-key")
	}
	return key != "" && slices.Contains(keys, key)
}

// connect invokes $connect. Without such a route everybody is welcome.
func (h *handshake) connect() (apigw.Response, fault) {
	r := h.g.routes[apigw.RouteConnect]
	if r == nil || r.Handler == nil {
		return apigw.Response{StatusCode: http.StatusOK}, noFault
	}
	var e apigw.Event
	h.conn.event(&e, apigw.Connect, apigw.RouteConnect)
	e.RequestID, e.MessageID = h.requestID, ""
	e.Headers, e.Query = h.header, h.query()
	if e.Authorizer != nil {
		with := *e.Authorizer
		with.Latency = h.latency
		e.Authorizer = &with
	}
	return h.g.invoke(h.conn, r, &e)
}

// passOn gives a handler's refusal to the client: its status, and its body only
// if Options.ForwardRefusals says so.
func (h *handshake) passOn(w http.ResponseWriter, response apigw.Response) {
	if !h.g.opts.ForwardRefusals || len(response.Body) == 0 {
		h.refuse(response.StatusCode, http.StatusText(response.StatusCode)).write(w)
		return
	}
	for name, value := range response.Headers {
		if strings.EqualFold(name, "Content-Type") {
			w.Header().Set("Content-Type", value)
		}
	}
	w.WriteHeader(response.StatusCode)
	w.Write(response.Body)
}

const protocolHeader = "Sec-WebSocket-Protocol"

// upgrade writes the 101. Of the handler's headers only the subprotocol goes
// out, and without one there is none.
func (h *handshake) upgrade(w http.ResponseWriter, response apigw.Response) {
	protocol := ""
	for name, value := range response.Headers {
		if strings.EqualFold(name, protocolHeader) {
			protocol = value
		}
	}
	if protocol != "" && !offers(h.r, protocol) {
		h.g.log.Warn("$connect selected a subprotocol that the client did not offer", "connection", h.conn.id)
	}
	if _, err := h.g.sockets.Upgrade(w, h.r, protocol, h.conn); err != nil {
		// $connect has succeeded: what it has left behind must be cleared away.
		h.conn.disconnect(CloseCode{socket.StatusLost, disconnectReason(socket.StatusLost, "")})
	}
}
