package invoke_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/infra/invoke"
	"tacet/infra/sigv4"
)

var credentials = sigv4.Credentials{ID: "AKID", Secret: "SECRET", Session: "token"}

// lambda is a transport with Lambda at its other end, which answers according
// to a script, the last line again and again.
type lambda struct {
	script   []answer
	requests []*http.Request
	bodies   []string
}

type answer struct {
	status int // 0: there is none, because of err
	code   string
	failed string // X-Amz-Function-Error
	body   string
	err    error
	silent bool // nothing ever comes
}

func (l *lambda) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	a := l.script[min(len(l.requests), len(l.script)-1)]
	l.requests, l.bodies = append(l.requests, r), append(l.bodies, string(body))
	if a.silent {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.status == 0 {
		return nil, a.err
	}
	h := http.Header{}
	if a.code != "" {
		h.Set("X-Amzn-ErrorType", a.code+":http://internal.amazon.com/")
	}
	if a.failed != "" {
		h.Set("X-Amz-Function-Error", a.failed)
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func (l *lambda) client() *invoke.Client {
	return invoke.New(invoke.Options{Region: "eu-west-1", Credentials: credentials, HTTP: &http.Client{Transport: l}})
}

var (
	unreachable = answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}}
	broken      = answer{err: &net.OpError{Op: "read", Net: "tcp", Err: errors.New("reset")}}
	throttled   = answer{status: 429, code: "TooManyRequestsException", body: `{"message":"MARKER"}`}
	noRoom      = answer{status: 502, code: "EC2ThrottledException", body: `{"message":"MARKER"}`}
	internal    = answer{status: 500, code: "ServiceException", body: `{"message":"MARKER"}`}
	unknown     = answer{status: 404, code: "ResourceNotFoundException", body: `{"message":"MARKER"}`}
	crashed     = answer{status: 200, failed: "Unhandled", body: `{"errorMessage":"MARKER","errorType":"Runtime.ExitError"}`}
	complains   = answer{status: 200, failed: "Unhandled", body: `{"errorMessage":"MARKER","errorType":"MARKER"}`}
	fine        = answer{status: 200, body: `"MARKER"`}
	accepted    = answer{status: 202}
	silence     = answer{silent: true}
)

func TestCallRunsAFunctionAtMostOnce(t *testing.T) {
	for name, c := range map[string]struct {
		script   []answer
		requests int
		err      string
	}{
		"fine":               {[]answer{fine}, 1, ""},
		"throttled":          {[]answer{throttled, throttled, fine}, 3, ""},
		"could not start":    {[]answer{noRoom, unreachable, fine}, 3, ""},
		"always throttled":   {[]answer{throttled}, 8, "invoke f: 429 TooManyRequestsException"},
		"unreachable":        {[]answer{unreachable}, 8, "invoke f: dial tcp: refused"},
		"nobody knows":       {[]answer{internal, fine}, 1, "invoke f: 500 ServiceException"},
		"answer lost":        {[]answer{broken, fine}, 1, "invoke f: read tcp: reset"},
		"unknown":            {[]answer{unknown, fine}, 1, "invoke f: 404 ResourceNotFoundException"},
		"function crashed":   {[]answer{crashed, fine}, 1, "invoke f: the function failed: Unhandled, Runtime.ExitError"},
		"function complains": {[]answer{complains, fine}, 1, "invoke f: the function failed: Unhandled"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lambda{script: c.script}
				got, err := l.client().Call(t.Context(), "f", []byte(`"MARKER"`))
				if len(l.requests) != c.requests || c.err == "" && (err != nil || string(got) != `"MARKER"`) || c.err != "" && (err == nil || err.Error() != c.err || got != nil) {
					t.Errorf("after %d requests: %s, %v", len(l.requests), got, err)
				}
			})
		})
	}
}

func TestStartIsRepeatedUntilItIsAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		script   []answer
		requests int
		err      string
	}{
		"accepted":          {[]answer{accepted}, 1, ""},
		"all goes wrong":    {[]answer{throttled, unreachable, broken, internal, noRoom, accepted}, 6, ""},
		"a dead connection": {[]answer{silence, accepted}, 2, ""}, // it took all of connect's time
		"always throttled":  {[]answer{throttled}, 8, "invoke f: 429 TooManyRequestsException"},
		"unknown":           {[]answer{unknown, accepted}, 1, "invoke f: 404 ResourceNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lambda{script: c.script}
				err := l.client().Start(t.Context(), "f", []byte(`{"id":"MARKER"}`))
				if len(l.requests) != c.requests || c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
					t.Errorf("after %d requests: %v", len(l.requests), err)
				}
				for i, r := range l.requests {
					if r.Header.Get("X-Amz-Invocation-Type") != "Event" || l.bodies[i] != `{"id":"MARKER"}` {
						t.Errorf("request %d: %v, %s", i, r.Header, l.bodies[i])
					}
				}
			})
		})
	}
}

func TestWhatCertainlyDidNotStartSaysSo(t *testing.T) {
	for _, c := range []struct {
		answer answer
		want   bool
	}{{throttled, true}, {noRoom, true}, {unknown, true}, {unreachable, true}, {internal, false}, {broken, false}, {crashed, false}} {
		synctest.Test(t, func(t *testing.T) {
			_, err := (&lambda{script: []answer{c.answer}}).client().Call(t.Context(), "f", nil)
			var e interface{ NotStarted() bool }
			if got := errors.As(err, &e) && e.NotStarted(); got != c.want {
				t.Errorf("%v: %v", err, got)
			}
		})
	}
}

func TestFunctionErrorsAreTyped(t *testing.T) {
	_, err := (&lambda{script: []answer{crashed}}).client().Call(t.Context(), "f", nil)
	var e *invoke.FunctionError
	if !errors.As(err, &e) || *e != (invoke.FunctionError{Function: "f", Kind: "Unhandled", Type: "Runtime.ExitError"}) {
		t.Errorf("got %#v", err)
	}
}

func TestRepeatingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lambda{script: []answer{throttled}}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := l.client().Call(ctx, "f", nil); err == nil || ctx.Err() != nil || len(l.requests) == 8 {
			t.Errorf("after %d requests: %v", len(l.requests), err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		l = &lambda{script: []answer{throttled}}
		if err := l.client().Start(canceled, "f", nil); err == nil || len(l.requests) > 1 {
			t.Errorf("after %d requests: %v", len(l.requests), err)
		}
	})
}

func TestWhereLambdaIs(t *testing.T) {
	for _, c := range []struct{ region, endpoint, function, want string }{
		{"eu-west-1", "", "f", "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f/invocations"},
		{"cn-north-1", "", "f", "https://lambda.cn-north-1.amazonaws.com.cn/2015-03-31/functions/f/invocations"},
		{"eu-west-1", "http://127.0.0.1:3001/", "a:b/c", "http://127.0.0.1:3001/2015-03-31/functions/a:b%2Fc/invocations"},
	} {
		l := &lambda{script: []answer{fine}}
		client := invoke.New(invoke.Options{Region: c.region, Endpoint: c.endpoint, Credentials: credentials, HTTP: &http.Client{Transport: l}})
		if _, err := client.Call(t.Context(), c.function, nil); err != nil || l.requests[0].URL.String() != c.want {
			t.Errorf("%+v: %s, %v", c, l.requests[0].URL, err)
		}
	}
	if _, err := invoke.New(invoke.Options{Endpoint: "http://MARKER\x00"}).Call(t.Context(), "f", nil); err == nil {
		t.Error("an endpoint that is none")
	}
}

// A request that comes over a real connection is signed as the SDK signs it.
func TestRequestsAreSigned(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		again, _ := http.NewRequest(r.Method, server.URL+r.RequestURI, bytes.NewReader(body))
		for _, name := range []string{"Content-Type", "X-Amz-Invocation-Type"} {
			again.Header.Set(name, r.Header.Get(name))
		}
		if err := sigv4.NewSigner(credentials, "lambda", "eu-west-1").Sign(r.Context(), again, body, at); err != nil {
			t.Error(err)
		}
		if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want || r.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("signed %s, want %s", got, want)
		}
		w.Write(bytes.Repeat([]byte("x"), len(body)))
	}))
	defer server.Close()
	client := invoke.New(invoke.Options{Region: "eu-west-1", Endpoint: server.URL, Credentials: credentials})
	for _, size := range []int{0, 1, invoke.MaxCall, invoke.MaxCall + 1} {
		got, err := client.Call(t.Context(), "arn:aws:lambda:eu-west-1:123456789012:function:f", bytes.Repeat([]byte("x"), size))
		if fits := size <= invoke.MaxCall; fits != (err == nil) || fits && len(got) != size {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
	}
}
