package guard

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tacet/infra/local/iam"
	"tacet/infra/local/signature"
	"tacet/infra/sigv4"
)

// Options say who may pass, and where to.
type Options struct {
	Region    string
	AccountID string
	// Roles by access key id.
	Roles map[string]iam.Role
	// Secret is what everybody signs with.
	Secret string
	// Tables by name. One that is not here has no keys that a condition accepts.
	Tables map[string]Table
	// StreamLabel is what stands at the end of a stream's ARN in policies:
	// DynamoDB Local makes up another.
	StreamLabel string

	// The services. One that is nil is not there.
	DynamoDB    http.Handler
	Lambda      http.Handler
	KMS         http.Handler
	Connections http.Handler // the management API, below /STAGE/@connections/
	API         string       // the id of the API that it belongs to

	// Trouble says what happens to a call that is allowed. Nil lets all pass.
	Trouble func(Call) Trouble
	Log     *slog.Logger // of what is refused; nil: no log
}

// Table is what has to be known of a table to tell what a request asks for.
type Table struct {
	Hash    string            // the attribute that is its partition key
	Indexes map[string]string // the same of its indexes
}

// Guard is an http.Handler. Its methods may be called from any goroutine.
type Guard struct {
	opts   Options
	log    *slog.Logger
	counts counts
}

// New returns a guard.
func New(o Options) *Guard {
	g := &Guard{opts: o, log: o.Log, counts: newCounts()}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g
}

// Service is what a request is for, as in the scope of its signature.
type Service string

// The services. The streams of DynamoDB are signed for DynamoDB.
const (
	DynamoDB    Service = "dynamodb"
	Lambda      Service = "lambda"
	KMS         Service = "kms"
	Connections Service = "execute-api"
)

// Call is a request, as far as it is counted.
type Call struct {
	Role      string
	Service   Service
	Operation string // "TransactWriteItems", "Invoke", "PostToConnection"
	On        string // a table or a function; "" is several, or a connection
	Index     string // "" is the table itself
}

// request is a Call with what it needs.
type request struct {
	Call
	needs []iam.Request
	body  []byte
}

// maxBody is more than any of the services takes: a batch of 16 MB.
const maxBody = 20 << 20

var errUnknown = errors.New("guard: nobody knows what that asks for")

// ServeHTTP lets a request pass, or refuses it.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return // the caller has gone
	}
	id, service := signature.KeyID(r)
	role, known := g.opts.Roles[id]
	to := g.service(r)
	key := sigv4.Credentials{ID: id, Secret: g.opts.Secret}
	if !known || to == nil || signature.Verify(key, r, body, service, g.opts.Region, time.Now()) != nil || service != string(to.name) {
		refuse(w, serviceOf(r), http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	q, err := to.read(r, body)
	if err != nil {
		refuse(w, to.name, http.StatusBadRequest, "SerializationException", "")
		return
	}
	q.Role = role.Name
	if need, ok := g.allowed(role, q); !ok {
		g.deny(w, role, q, need)
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	trouble := None
	if g.opts.Trouble != nil {
		trouble = g.opts.Trouble(q.Call)
	}
	g.pass(w, r, to.next, q, trouble)
}

// allowed counts the request, and reports whether the role allows all that it
// needs, or the first thing that it does not.
func (g *Guard) allowed(role iam.Role, q request) (iam.Request, bool) {
	var grants []iam.Grant
	for _, need := range q.needs {
		d := role.Decide(need)
		for _, finding := range d.Findings {
			g.log.Warn("a policy is not understood", "role", role.Name, "action", need.Action, "finding", finding)
		}
		if !d.Allowed {
			g.counts.refused(q.Call, need)
			return need, false
		}
		grants = append(grants, d.Grants...)
	}
	g.counts.passed(q.Call, grants)
	return iam.Request{}, true
}

// destination is a service: how to read what it is asked, and who answers.
type destination struct {
	name Service
	read func(*http.Request, []byte) (request, error)
	next http.Handler
}

func (g *Guard) service(r *http.Request) *destination {
	d := destination{name: serviceOf(r)}
	switch d.name {
	case DynamoDB:
		d.read, d.next = g.readDynamoDB, g.opts.DynamoDB
	case Lambda:
		d.read, d.next = g.readLambda, g.opts.Lambda
	case KMS:
		d.read, d.next = g.readKMS, g.opts.KMS
	case Connections:
		d.read, d.next = g.readConnection, g.opts.Connections
	}
	if d.next == nil {
		return nil
	}
	return &d
}

// serviceOf tells the services apart by what only their own requests have.
func serviceOf(r *http.Request) Service {
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(target, kmsTarget):
		return KMS
	case target != "":
		return DynamoDB
	case strings.HasPrefix(r.URL.Path, functionsPath):
		return Lambda
	}
	return Connections
}
