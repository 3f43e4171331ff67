package apihost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"tacet/infra/local/gateway"
)

// lambda is a Lambda Invoke API, as sam local start-lambda serves it:
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
//
// Nothing is repeated: API Gateway does not, and here somebody watches.
type lambda struct {
	endpoint string
	http     *http.Client
	log      *slog.Logger
	silent   atomic.Bool // the last invocation found nobody, and that has been said
}

func newLambda(endpoint string, log *slog.Logger) *lambda {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.Proxy = nil // it is on this machine, or near
	return &lambda{endpoint: strings.TrimSuffix(endpoint, "/"), http: &http.Client{Transport: transport}, log: log}
}

// function is one of its functions, by name.
type function struct {
	*lambda
	name string
}

// maxAnswer is the most that a function answers, in bytes, as Lambda has it.
const maxAnswer = 6_291_556

// Invoke runs the function and waits for its answer. An error of the function
// has the function's own words: an authorizer says no with "Unauthorized".
func (f function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		f.endpoint+"/2015-03-31/functions/"+url.PathEscape(f.name)+"/invocations", bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := f.http.Do(request)
	if err != nil {
		return nil, f.nobody(ctx, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the answer of %s broke off: %w", f.name, err)
	case len(answer) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s is longer than Lambda allows", f.name)
	}
	f.silent.Store(false)
	switch {
	case response.StatusCode == http.StatusNotFound:
		f.log.Warn("there is no such function at --lambda-endpoint: was sam local start-lambda started with the same template?", "function", f.name)
		return nil, fmt.Errorf("%w: there is no function %s", gateway.ErrNotInvoked, f.name)
	case response.StatusCode/100 != 2:
		return nil, fmt.Errorf("%w: %s was refused with status %d", gateway.ErrNotInvoked, f.name, response.StatusCode)
	case response.Header.Get("X-Amz-Function-Error") != "":
		return nil, failure(answer)
	}
	return answer, nil
}

// nobody says, once, that nobody answers.
func (f function) nobody(ctx context.Context, err error) error {
	if ctx.Err() == nil && !f.silent.Swap(true) {
		f.log.Warn("nobody answers at --lambda-endpoint: is sam local start-lambda running?", "endpoint", f.endpoint)
	}
	return fmt.Errorf("%w: %w", gateway.ErrNotInvoked, err)
}

// failure returns the error that a function answered with.
func failure(answer []byte) error {
	var said struct{ ErrorMessage string }
	_ = json.Unmarshal(answer, &said) // a function may say anything
	return errors.New(said.ErrorMessage)
}
