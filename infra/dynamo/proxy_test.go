package dynamo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// trouble is what happens to a request on its way to DynamoDB Local and back.
type trouble string

const (
	throttled   trouble = "throttled"
	conflicting trouble = "conflicting with a transaction"
	refused     trouble = "failed inside, not applied"
	lost        trouble = "applied, and the answer lost"
	broken      trouble = "applied, and answered that it failed"
	unprocessed trouble = "processed in part"
	hanging     trouble = "applied, and never answered"
)

// proxy stands before DynamoDB Local and makes trouble for one request, or for
// all. Safe for concurrent use.
type proxy struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	seen   []string // operations
	at     int      // from 1; 0 is none, -1 all
	what   trouble
	struck int
}

func newProxy(t *testing.T) *proxy {
	p := &proxy{t: t}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// strike makes trouble for the at-th request from now on.
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

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	p.mu.Lock()
	p.seen = append(p.seen, operation)
	what := trouble("")
	if p.at == -1 || p.at == len(p.seen) {
		what = p.what
		p.struck++
	}
	p.mu.Unlock()
	switch what {
	case throttled:
		fail(w, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"ann is too much"}`)
	case conflicting:
		if operation == "TransactWriteItems" {
			fail(w, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"ann","CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`)
		} else {
			fail(w, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"ann"}`)
		}
	case refused:
		fail(w, http.StatusInternalServerError, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"ann"}`)
	case lost:
		p.forward(r, body)
		panic(http.ErrAbortHandler)
	case broken:
		p.forward(r, body)
		fail(w, http.StatusInternalServerError, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"ann"}`)
	case hanging:
		p.forward(r, body)
		<-r.Context().Done()
	case unprocessed:
		p.half(w, r, body)
	default:
		status, answer := p.forward(r, body)
		fail(w, status, string(answer))
	}
}

func fail(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (p *proxy) forward(r *http.Request, body []byte) (int, []byte) {
	request, err := http.NewRequest(r.Method, local.Endpoint, bytes.NewReader(body))
	if err != nil {
		p.t.Error(err)
		return http.StatusBadGateway, nil
	}
	request.Header = r.Header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Error(err)
		return http.StatusBadGateway, nil
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Error(err)
	}
	return response.StatusCode, answer
}

// half does the first half of a batch and says that the rest is left.
func (p *proxy) half(w http.ResponseWriter, r *http.Request, body []byte) {
	var batch struct{ RequestItems map[string][]json.RawMessage }
	if err := json.Unmarshal(body, &batch); err != nil {
		p.t.Error(err)
	}
	left := map[string][]json.RawMessage{}
	for table, writes := range batch.RequestItems {
		left[table] = writes[len(writes)/2:]
		batch.RequestItems[table] = writes[:len(writes)/2]
		if len(writes) == 1 {
			batch.RequestItems = nil
		}
	}
	if batch.RequestItems != nil {
		some, err := json.Marshal(batch)
		if err != nil {
			p.t.Error(err)
		}
		if status, answer := p.forward(r, some); status != http.StatusOK {
			p.t.Errorf("half a batch: %s", answer)
		}
	}
	answer, err := json.Marshal(map[string]any{"UnprocessedItems": left})
	if err != nil {
		p.t.Error(err)
	}
	fail(w, http.StatusOK, string(answer))
}

const soon = 300 * time.Millisecond
