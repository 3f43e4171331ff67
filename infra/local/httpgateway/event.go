package httpgateway

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// event is what a function is invoked with: payload format version 2.0.
type event struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	Query           map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext  requestContext    `json:"requestContext"`
	PathParameters  map[string]string `json:"pathParameters,omitempty"`
	StageVariables  map[string]string `json:"stageVariables,omitempty"`
	Body            string            `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string `json:"accountId"`
	APIID        string `json:"apiId"`
	DomainName   string `json:"domainName"`
	DomainPrefix string `json:"domainPrefix"`
	HTTP         struct {
		Method    string `json:"method"`
		Path      string `json:"path"`
		Protocol  string `json:"protocol"`
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
	} `json:"http"`
	RequestID string `json:"requestId"`
	RouteKey  string `json:"routeKey"`
	Stage     string `json:"stage"`
	Time      string `json:"time"`
	TimeEpoch int64  `json:"timeEpoch"`
}

// logTime is the time in the Common Log Format.
const logTime = "02/Jan/2006:15:04:05 -0700"

// event returns the event of a request in JSON. The stage is a part of its
// paths, unless it is the default one.
func (g *Gateway) event(r *http.Request, path string, body []byte, m match) ([]byte, error) {
	if g.opts.Stage != DefaultStage {
		path = "/" + g.opts.Stage + path
	}
	now := g.opts.Now().UTC()
	source := g.opts.SourceIP(r)
	host, _, _ := strings.Cut(r.Host, ":")
	prefix, _, _ := strings.Cut(host, ".")
	e := event{
		Version: "2.0", RouteKey: m.key, RawPath: path, RawQueryString: r.URL.RawQuery,
		Cookies: cookies(r), Headers: headers(r, source, len(body)), Query: query(r.URL.RawQuery),
		RequestContext: requestContext{
			AccountID: g.opts.AccountID, APIID: g.opts.APIID, DomainName: r.Host, DomainPrefix: prefix,
			RequestID: requestID(), RouteKey: m.key, Stage: g.opts.Stage, Time: now.Format(logTime), TimeEpoch: now.UnixMilli(),
		},
		PathParameters: m.variables, StageVariables: g.opts.StageVariables,
	}
	in := &e.RequestContext.HTTP
	in.Method, in.Path, in.Protocol, in.SourceIP, in.UserAgent = r.Method, path, r.Proto, source, r.UserAgent()
	if len(body) > 0 {
		if e.IsBase64Encoded = !isText(r.Header, body); e.IsBase64Encoded {
			e.Body = base64.StdEncoding.EncodeToString(body)
		} else {
			e.Body = string(body)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// isText reports whether a body is passed on as it is. What is compressed is
// not text, whatever it says that it was.
func isText(h http.Header, body []byte) bool {
	if h.Get("Content-Encoding") != "" || !utf8.Valid(body) {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case err != nil:
		return false
	case kind == "application/json", kind == "application/xml", kind == "application/javascript":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// headers returns the headers in lower case, those of one name joined by
// commas.
func headers(r *http.Request, source string, length int) map[string]string {
	all := forwarded(r, source)
	for name, values := range r.Header {
		if name = strings.ToLower(name); name != "cookie" && name != "x-forwarded-for" {
			all[name] = strings.Join(values, ",")
		}
	}
	all["host"] = r.Host
	if length > 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		all["content-length"] = strconv.Itoa(length)
	}
	all["x-amzn-trace-id"] = "Root=1-" + requestID()
	return all
}

// forwarded are the headers that say how a request came: API Gateway adds them.
func forwarded(r *http.Request, source string) map[string]string {
	proto, port := "http", "80"
	if r.TLS != nil {
		proto, port = "https", "443"
	}
	if _, p, ok := strings.Cut(r.Host[strings.LastIndex(r.Host, "]")+1:], ":"); ok {
		port = p
	}
	if before := r.Header.Values("X-Forwarded-For"); len(before) > 0 {
		source = strings.Join(before, ", ") + ", " + source
	}
	return map[string]string{"x-forwarded-for": source, "x-forwarded-port": port, "x-forwarded-proto": proto}
}

func cookies(r *http.Request) []string {
	var all []string
	for _, header := range r.Header.Values("Cookie") {
		for pair := range strings.SplitSeq(header, ";") {
			if pair = strings.TrimSpace(pair); pair != "" {
				all = append(all, pair)
			}
		}
	}
	return all
}

// query returns the decoded parameters, those of one name joined by commas.
func query(raw string) map[string]string {
	var all map[string]string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		name, value = unescape(name), unescape(value)
		if all == nil {
			all = map[string]string{}
		}
		if before, twice := all[name]; twice {
			value = before + "," + value
		}
		all[name] = value
	}
	return all
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func requestID() string { return rand.Text()[:16] }
