package paths

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// request is one of HTTP.
type request struct {
	method, path, token string
	body                any // JSON of it; bytes as they are; nil for none
	header              map[string]string
}

// most is how much of an answer is read.
const most = 32 << 20

// ask makes a request, with markers in its headers and its query, and returns
// the answer's status and body.
func (s *Sender) ask(ctx context.Context, r request) (int, []byte, error) {
	s.once()
	var body io.Reader
	switch b := r.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	between := "?"
	if strings.Contains(r.path, "?") {
		between = "&"
	}
	address := s.HTTP + r.path
	if !strings.HasPrefix(r.path, "/v1/") { // whose parameters are known, all others are refused
		address += between + s.query()
	}
	q, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return 0, nil, errors.New("this is no request")
	}
	q.Header = s.headers()
	if r.token != "" {
		q.Header.Set("Authorization", "Bearer "+r.token)
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		q.Header.Set(name, value)
	}
	a, err := s.http.Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, most))
	return a.StatusCode, text, err
}

// expect makes a request that has to be answered with one of these statuses.
func (s *Sender) expect(ctx context.Context, r request, statuses ...int) error {
	got, _, err := s.ask(ctx, r)
	if err != nil {
		return err
	}
	return want(r.method+" "+r.path, got, statuses...)
}

// get makes a request that has to succeed, and decodes its answer.
func (s *Sender) get(ctx context.Context, r request, into any) error {
	status, text, err := s.ask(ctx, r)
	switch {
	case err != nil:
		return err
	case status >= 300:
		return fmt.Errorf("%s %s: status %d", r.method, r.path, status)
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}
