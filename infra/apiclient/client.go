package apiclient

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one platform. Its fields are set once and not changed. Safe for
// concurrent use.
type Client struct {
	// Base is what paths are appended to: https://HOST.
	Base string
	// Token is of a session or an access token; "" shows none.
	Token string
	// HTTP calls; nil is a client of its own.
	HTTP *http.Client
	// Wait waits before something is tried again, or returns when ctx ends.
	// Nil waits.
	Wait func(ctx context.Context, d time.Duration) error
}

// Request is what is asked for.
type Request struct {
	Method string
	Path   string // below Base, "/v1/…", with its parts escaped
	Query  url.Values
	Body   any    // encoded as JSON; nil is none
	Match  string // If-Match; "" is none
	// Once makes repeating a POST harmless: the server makes one thing for one
	// key. See NewKey.
	Once string
}

// Answer is what came, if that was no refusal.
type Answer struct {
	Status int
	Header http.Header
	Body   json.RawMessage // nil if there is none
}

// Version is what If-Match takes, "" if the answer has none.
func (a *Answer) Version() string { return a.Header.Get("ETag") }

// Into decodes the body.
func (a *Answer) Into(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("the server's answer cannot be read (status %d): is this the API of a Tacet?", a.Status)
	}
	return nil
}

// NewKey returns an idempotency key.
func NewKey() string { return rand.Text() }

const (
	// maxBody bounds an answer that is JSON.
	maxBody = 16 << 20
	// patience is the longest wait that a server may ask for before the same
	// request is made again without a word.
	patience = 20 * time.Second
	// attempts is how often a request is made at most.
	attempts = 4
	// pause is how long to wait when a server does not say.
	pause = 300 * time.Millisecond
	// longest is how long a request may take that is not a download.
	longest = 2 * time.Minute
)

// Do makes a request. The error is a *Refusal if the server answered with one;
// any other means that nobody knows whether the request took effect.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	response, err := c.persist(ctx, r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer ended in the middle: %w", innermost(err))
	case len(body) > maxBody:
		return nil, errors.New("the server's answer is larger than any of a Tacet")
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// persist makes the request, again if need be, and returns an answer that is no
// refusal. Its body is the caller's to close.
func (c *Client) persist(ctx context.Context, r Request) (*http.Response, error) {
	for n := 1; ; n++ {
		response, err := c.once(ctx, r)
		wait, again := r.again(err)
		if !again || n == attempts {
			return response, err
		}
		if failure := c.wait(ctx, max(wait, pause<<n)); failure != nil {
			return nil, err
		}
	}
}

// again reports whether to make the request again after an error, and how long
// to wait before.
func (r *Request) again(err error) (time.Duration, bool) {
	var refused *Refusal
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return 0, false
	case errors.As(err, &refused) && refused.Status == http.StatusTooManyRequests:
		// It was not looked at, so it did nothing.
		return refused.RetryAfter, refused.RetryAfter > 0 && refused.RetryAfter <= patience
	case errors.As(err, &refused) && refused.Status < 500, isNobody(err):
		return 0, false
	case errors.As(err, &refused) && refused.RetryAfter > patience:
		return 0, false
	}
	return 0, r.harmless()
}

// harmless reports whether making the request twice does what making it once
// does.
func (r *Request) harmless() bool {
	return r.Method == http.MethodGet || r.Method == http.MethodPost && r.Once != ""
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// once makes the request one time.
func (c *Client) once(ctx context.Context, r Request) (*http.Response, error) {
	q, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := c.http().Do(q)
	if err != nil {
		return nil, &Unreachable{Host: q.URL.Host, Err: innermost(err)}
	}
	if response.StatusCode >= 300 {
		defer response.Body.Close()
		return nil, refusal(response)
	}
	return response, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		text, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("encode a request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	address := strings.TrimSuffix(c.Base, "/") + r.Path
	if len(r.Query) > 0 {
		address += "?" + r.Query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, errors.New("this is no address that can be called") // the error repeats it
	}
	for name, value := range map[string]string{"If-Match": r.Match, "Idempotency-Key": r.Once} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	if c.Token != "" {
		q.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if r.Body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	q.Header.Set("Accept", "application/json, application/problem+json, application/zip")
	return q, nil
}

// http returns a client that follows nobody anywhere: this API redirects people
// to their issuer, and programs never.
func (c *Client) http() *http.Client {
	from := c.HTTP
	if from == nil {
		from = http.DefaultClient
	}
	copied := *from
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// seconds reads a number of seconds in a header, zero if there is none.
func seconds(header string) time.Duration {
	n, err := strconv.Atoi(header)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}
