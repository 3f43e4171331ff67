package httpgateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// response is what a function answers.
type response struct {
	StatusCode      *int           `json:"statusCode"`
	Headers         map[string]any `json:"headers"`
	Cookies         []string       `json:"cookies"`
	Body            string         `json:"body"`
	IsBase64Encoded bool           `json:"isBase64Encoded"`

	body []byte
}

// errResponse says that a function's answer is none. It quotes nothing of it.
var errResponse = errors.New("httpgateway: that is no response")

// readResponse understands an answer. One without a statusCode is itself the
// body of a JSON response with status 200: "API Gateway can infer the response
// format for you".
func readResponse(answer []byte) (response, error) {
	var r response
	if !json.Valid(answer) {
		return r, errResponse
	}
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte("{")) {
		if json.Unmarshal(answer, &r) != nil {
			return r, errResponse
		}
	}
	if r.StatusCode == nil {
		ok := http.StatusOK
		r = response{StatusCode: &ok, Headers: map[string]any{"content-type": "application/json"}, body: answer}
		var text string
		if json.Unmarshal(answer, &text) == nil {
			r.body = []byte(text)
		}
		return r, nil
	}
	r.body = []byte(r.Body)
	if r.IsBase64Encoded {
		var err error
		if r.body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return r, errResponse
		}
	}
	if *r.StatusCode < 100 || *r.StatusCode > 599 {
		return r, errResponse
	}
	return r, nil
}

// write sends a response, and returns its status.
func (r response) write(w http.ResponseWriter) int {
	h := w.Header()
	for name, value := range r.Headers {
		h.Set(name, fmt.Sprint(value))
	}
	for _, cookie := range r.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if h.Get("Content-Type") == "" && len(r.body) > 0 {
		h.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	h.Del("Content-Length") // net/http counts
	h.Set("Apigw-Requestid", requestID())
	w.WriteHeader(*r.StatusCode)
	_, _ = w.Write(r.body) // the client may have gone
	return *r.StatusCode
}
