package guard

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// Trouble is what happens to a call on its way to a service and back.
type Trouble string

// The troubles. Those of the first group keep a call from happening.
const (
	None Trouble = ""

	Throttled   Trouble = "throttled"
	Conflicting Trouble = "conflicting with a transaction" // DynamoDB only
	Refused     Trouble = "failed inside, not applied"
	Gone        Trouble = "gone" // connections only
	Reset       Trouble = "reset, not applied"
	Stalled     Trouble = "never answered, not applied"

	Lost        Trouble = "applied, and the answer lost"
	Broken      Trouble = "applied, and answered that it failed"
	Hanging     Trouble = "applied, and never answered"
	Unprocessed Trouble = "applied in part" // BatchWriteItem only; others pass
)

// pass lets a request through, with its trouble.
func (g *Guard) pass(w http.ResponseWriter, r *http.Request, next http.Handler, q request, t Trouble) {
	switch t {
	case Lost, Broken, Hanging:
		next.ServeHTTP(discard{}, r)
	case Unprocessed:
		if q.Operation == "BatchWriteItem" {
			half(w, r, next, q.body)
			return
		}
		t = None
	}
	switch t {
	case None:
		next.ServeHTTP(w, r)
	case Throttled:
		throttle(w, q.Service)
	case Conflicting:
		conflict(w, q)
	case Refused, Broken:
		fail(w, q.Service)
	case Gone:
		refuse(w, q.Service, http.StatusGone, "GoneException", "")
	case Stalled, Hanging:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default:
		panic(http.ErrAbortHandler) // net/http then resets the connection
	}
}

func throttle(w http.ResponseWriter, s Service) {
	switch s {
	case DynamoDB:
		refuse(w, s, http.StatusBadRequest, "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded.")
	case Lambda:
		refuse(w, s, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
	case KMS:
		refuse(w, s, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	default:
		refuse(w, s, http.StatusTooManyRequests, "LimitExceededException", "Too Many Requests")
	}
}

func fail(w http.ResponseWriter, s Service) {
	code := map[Service]string{DynamoDB: "InternalServerError", Lambda: "ServiceException", KMS: "KMSInternalException", Connections: "InternalServerErrorException"}[s]
	refuse(w, s, http.StatusInternalServerError, code, "Internal server error")
}

// conflict answers that another transaction works on the same item. A
// transaction is told which of its parts.
func conflict(w http.ResponseWriter, q request) {
	if q.Operation != "TransactWriteItems" {
		refuse(w, q.Service, http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item")
		return
	}
	type reason struct{ Code string }
	reasons := make([]reason, len(q.needs))
	for i := range reasons {
		reasons[i].Code = "None"
	}
	reasons[len(reasons)-1].Code = "TransactionConflict"
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"__type":  "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"message": "Transaction cancelled", "CancellationReasons": reasons,
	})
}

// half does the first half of a batch and says that the rest is left.
func half(w http.ResponseWriter, r *http.Request, next http.Handler, body []byte) {
	var batch struct{ RequestItems map[string][]json.RawMessage }
	if json.Unmarshal(body, &batch) != nil {
		panic(http.ErrAbortHandler) // it was read before
	}
	left := map[string][]json.RawMessage{}
	for table, writes := range batch.RequestItems {
		n := len(writes) / 2
		left[table] = writes[n:]
		if batch.RequestItems[table] = writes[:n]; n == 0 {
			delete(batch.RequestItems, table)
		}
	}
	if len(batch.RequestItems) > 0 {
		some, err := json.Marshal(batch)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(some)), int64(len(some))
		next.ServeHTTP(discard{}, again)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(map[string]any{"UnprocessedItems": left})
}

// discard is the http.ResponseWriter of an answer that nobody gets.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
