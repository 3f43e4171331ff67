package entry

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// API is the function of an HTTP API: what comes as an event of payload format
// 2.0 goes to an http.Handler. See
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
//
// The client's address is the request's RemoteAddr, as API Gateway saw it, and
// nowhere else in it. The headers that hold addresses are left out, for they
// say what the client wants.
type API struct {
	Handler http.Handler
	Log     *slog.Logger // made by package logging; nil logs nothing
}

var (
	errNotRequest  = errors.New("entry: not the event of an HTTP API")
	errNotAnswered = errors.New("entry: the request could not be answered")
)

// httpEvent is what is read of an event.
type httpEvent struct {
	Version         string            `json:"version"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies"`
	Headers         map[string]string `json:"headers"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
	Context         struct {
		Domain string `json:"domainName"`
		HTTP   struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

// httpAnswer is what API Gateway makes a response of.
type httpAnswer struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers,omitempty"`
	Cookies         []string          `json:"cookies,omitempty"`
	Body            string            `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded,omitempty"`
}

// Invoke answers an event in JSON. The error says nothing, because Lambda
// writes it into a log.
func (f API) Invoke(ctx context.Context, event []byte) (_ []byte, err error) {
	defer recovered(ctx, f.Log, "http", func() { err = errNotAnswered })
	var e httpEvent
	if json.Unmarshal(event, &e) != nil || e.Version != "2.0" || e.Context.HTTP.Method == "" {
		return nil, errNotRequest
	}
	r, err := e.request(ctx)
	if err != nil {
		return nil, err
	}
	w := &httpWriter{header: http.Header{}}
	f.Handler.ServeHTTP(w, r)
	return w.answer(r.Method)
}

// request returns the request that was made to API Gateway. The path is
// decoded already: that a slash was escaped cannot be told any more.
func (e *httpEvent) request(ctx context.Context) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, errNotRequest
		}
	}
	header := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Host"} {
		header.Del(name)
	}
	if len(e.Cookies) > 0 {
		header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	u := &url.URL{Path: e.RawPath, RawQuery: e.RawQueryString}
	return (&http.Request{
		Method: e.Context.HTTP.Method, URL: u, RequestURI: u.RequestURI(), Host: e.Context.Domain,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		RemoteAddr: e.Context.HTTP.SourceIP,
	}).WithContext(ctx), nil
}

// httpWriter keeps a response until it is whole.
type httpWriter struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *httpWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *httpWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // others are interim
		w.status, w.sent = status, w.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (w *httpWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// answer returns the response in JSON. Headers that occur several times are
// joined, as RFC 9110 §5.3 allows for all but Set-Cookie.
func (w *httpWriter) answer(method string) ([]byte, error) {
	w.WriteHeader(http.StatusOK)
	a := httpAnswer{StatusCode: w.status, Headers: make(map[string]string, len(w.sent))}
	for name, values := range w.sent {
		if name == "Set-Cookie" {
			a.Cookies = values
			continue
		}
		a.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	switch body := w.body.Bytes(); {
	case method == http.MethodHead: // net/http would drop it, too
	case utf8.Valid(body):
		a.Body = string(body)
	default:
		a.Body, a.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(a)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
