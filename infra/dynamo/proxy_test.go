package dynamo_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"tacet/infra/dynamo/dynamotest"
	"tacet/infra/local/guard"
	"tacet/infra/local/iam"
)

// trouble is what happens to a request on its way.
type trouble = guard.Trouble

const (
	throttled   = guard.Throttled
	conflicting = guard.Conflicting
	refused     = guard.Refused
	lost        = guard.Lost
	broken      = guard.Broken
	unprocessed = guard.Unprocessed
	hanging     = guard.Hanging
	stalled     = guard.Stalled
)

// proxy stands before DynamoDB Local and makes trouble for one request, or for
// all. Safe for concurrent use.
type proxy struct {
	*httptest.Server

	mu     sync.Mutex
	seen   []string // operations
	at     int      // from 1; 0 is none, -n all from the nth on
	what   trouble
	struck int
	// before is told of every operation before it happens. It is set before
	// there are any.
	before func(operation string)
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	to, err := url.Parse(local.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := new(proxy)
	p.Server = httptest.NewServer(guard.New(guard.Options{
		Region: dynamotest.Region, Secret: dynamotest.Credentials.Secret, DynamoDB: guard.Forward(to, dynamotest.Credentials.ID), Trouble: p.make,
		Roles: map[string]iam.Role{dynamotest.Credentials.ID: {Statements: []iam.Statement{{Actions: []string{"*"}, Resources: []string{"*"}}}}},
	}))
	t.Cleanup(p.Close)
	return p
}

// strike makes trouble for the at-th request from now on, or for all from the
// -at-th on.
func (p *proxy) strike(at int, what trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.at, p.what, p.struck = nil, at, what, 0
}

// stop lets everything through, and returns the operations since strike and
// how many of them were struck.
func (p *proxy) stop() ([]string, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = 0
	return slices.Clone(p.seen), p.struck
}

func (p *proxy) make(c guard.Call) trouble {
	if p.before != nil {
		p.before(c.Operation)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, c.Operation)
	if p.at != len(p.seen) && (p.at >= 0 || len(p.seen) < -p.at) {
		return guard.None
	}
	p.struck++
	return p.what
}

const soon = 300 * time.Millisecond
