package invoke

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tacet/infra/sigv4"
)

// MaxCall is how many bytes Call can carry, each way.
const MaxCall = 6 << 20

// Options say how to reach Lambda.
type Options struct {
	Region string
	// Endpoint is a URL to talk to instead of the region's Lambda; "" is that.
	Endpoint    string
	Credentials sigv4.Credentials
	// HTTP carries the requests; nil is a client that keeps as many connections
	// as there are calls at once. It must not follow redirects.
	HTTP *http.Client
}

// Client invokes functions. Safe for concurrent use.
type Client struct {
	signer   *sigv4.Signer
	endpoint string
	http     *http.Client
}

// New returns a client. It makes no request.
func New(o Options) *Client {
	c := &Client{signer: sigv4.NewSigner(o.Credentials, "lambda", o.Region), endpoint: strings.TrimSuffix(o.Endpoint, "/"), http: o.HTTP}
	if c.endpoint == "" {
		c.endpoint = "https://lambda." + o.Region + ".amazonaws.com"
		if strings.HasPrefix(o.Region, "cn-") {
			c.endpoint += ".cn"
		}
	}
	if c.http == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = transport.MaxIdleConns
		// Lambda freezes processes, and a frozen one does not hear that the
		// other side has closed a connection: a call on it would be lost.
		transport.IdleConnTimeout = 30 * time.Second
		c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return c
}

// Call runs a function, named by its name or ARN, and returns its answer. When
// the function itself failed the error is a *FunctionError, when Lambda refused
// it is an *Error.
func (c *Client) Call(ctx context.Context, function string, payload []byte) ([]byte, error) {
	return c.repeat(ctx, invocation{kind: "RequestResponse", function: function, payload: payload}, mayCallAgain)
}

// Start has a function run soon. It returns when Lambda has taken the payload
// over.
func (c *Client) Start(ctx context.Context, function string, payload []byte) error {
	_, err := c.repeat(ctx, invocation{"Event", function, payload, patience}, mayStartAgain)
	return err
}

// patience is how long one attempt of Start may take. Lambda takes an event over
// in milliseconds; who is not answered by then, on a connection that nobody has
// said is dead, is answered on another one.
const patience = 2 * time.Second

// invocation is one request for a function to be run.
type invocation struct {
	kind     string
	function string
	payload  []byte
	patience time.Duration // 0: the context's
}

// once makes the request.
func (c *Client) once(ctx context.Context, i invocation) ([]byte, error) {
	if i.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, i.patience)
		defer cancel()
	}
	target := c.endpoint + "/2015-03-31/functions/" + url.PathEscape(i.function) + "/invocations"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(i.payload))
	if err != nil {
		return nil, unanswered(i.function, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Invocation-Type", i.kind)
	if err := c.signer.Sign(ctx, r, i.payload, time.Now()); err != nil {
		return nil, fmt.Errorf("invoke %s: sign: %w", i.function, err)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, unanswered(i.function, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, MaxCall+1))
	switch {
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, &Error{Function: i.function, Status: response.StatusCode, Code: errorType(response.Header)}
	case err != nil:
		return nil, fmt.Errorf("invoke %s: read the answer: %w", i.function, err)
	case len(answer) > MaxCall:
		return nil, fmt.Errorf("invoke %s: the answer is larger than %d bytes", i.function, MaxCall)
	}
	if kind := response.Header.Get("X-Amz-Function-Error"); kind != "" {
		return nil, &FunctionError{i.function, word(kind), ownType(answer)}
	}
	return answer, nil
}
