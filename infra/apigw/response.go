package apigw

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Response is what a handler answers with. On $connect only the status and
// the header Sec-WebSocket-Protocol matter; on a message only the body does,
// and only where the route has a response.
type Response struct {
	StatusCode int
	Headers    map[string]string
	// Body is UTF-8 text. Nil and empty both mean that there is none. Who gets
	// a Response must not change the bytes, and its maker must not reuse them.
	Body            []byte
	IsBase64Encoded bool
}

// ErrNotResponse says that a function's output is not the answer of a proxy
// integration: it has no status code.
var ErrNotResponse = errors.New("apigw: not a proxy response")

type wireResponse struct {
	StatusCode        *int                `json:"statusCode"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// AppendJSON appends the response as a function returns it.
func (r Response) AppendJSON(b []byte) []byte {
	b = append(b, `{"statusCode":`...)
	b = strconv.AppendInt(b, int64(r.StatusCode), 10)
	if len(r.Headers) > 0 {
		b = appendStrings(b, "headers", r.Headers)
	}
	if len(r.Body) > 0 {
		b = append(b, `,"body":`...)
		b = appendString(b, r.Body)
	}
	if r.IsBase64Encoded {
		b = append(b, `,"isBase64Encoded":true`...)
	}
	return append(b, '}')
}

// MarshalJSON returns AppendJSON(nil), so that a Response can be what a
// Lambda handler returns.
func (r Response) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// DecodeResponse reads what a function returned. A statusCode that is missing
// or no integer makes it ErrNotResponse. The last of a repeated header stands.
// The error never quotes the input.
func DecodeResponse(b []byte) (Response, error) {
	var w wireResponse
	if err := json.Unmarshal(b, &w); err != nil {
		return Response{}, fmt.Errorf("%w: %w", ErrNotResponse, withoutInput(err))
	}
	if w.StatusCode == nil {
		return Response{}, ErrNotResponse
	}
	r := Response{StatusCode: *w.StatusCode, Headers: w.Headers, IsBase64Encoded: w.IsBase64Encoded}
	for k, v := range w.MultiValueHeaders {
		if r.Headers == nil {
			r.Headers = make(map[string]string)
		}
		r.Headers[k] = last(v)
	}
	if w.Body != "" {
		r.Body = []byte(w.Body)
	}
	return r, nil
}
