package door

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tacet/core/fault"
	"tacet/core/wire"
)

// Problem is the body of every refusal: a problem document (RFC 9457).
type Problem struct {
	Type   string    `json:"type" format:"uri-reference" doc:"Where the error is explained." example:"/v1/errors#publish-forbidden"`
	Title  string    `json:"title" doc:"The error's name in the catalogue, in words." example:"Publish forbidden"`
	Status int       `json:"status" doc:"The HTTP status." example:"403"`
	Detail string    `json:"detail" doc:"What is wrong with this request, and what to do about it. For people."`
	Code   wire.Code `json:"code" doc:"The error's number in the catalogue: /v1/errors.json. For programs." example:"4201"`
	// RetryAfterMs is zero when waiting does not help or nobody knows.
	RetryAfterMs int64 `json:"retryAfterMs,omitempty" doc:"How long to wait before the same request can work."`
	// Request is "" for one of several refusals in one answer.
	Request string `json:"request,omitempty" doc:"The id of the request, as in X-Request-Id: by it, whoever runs the platform finds it in the log." example:"J5XGK2DFOJZSA5DJNVSQ3YTENM"`

	header http.Header
}

// Error returns the detail, as a handler's error must.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that belong to the refusal.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType returns the media type of problem documents.
func (p *Problem) ContentType(string) string { return problemType }

// ErrorsPath is where the catalogue of errors is, for people.
const ErrorsPath = "/v1/errors"

const problemType = "application/problem+json"

// statuses is the status of a refusal by the kind of its fault; 500 for a kind
// that is not here.
var statuses = map[fault.Kind]int{
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// exact is the status of a refusal by its number in the catalogue, where HTTP
// has one more exact than that of its kind.
var exact = map[wire.Code]int{
	wire.CodePreconditionFailed:   http.StatusPreconditionFailed,
	wire.CodePreconditionRequired: http.StatusPreconditionRequired,
}

// StatusOf returns the status of a refusal by its kind and its number.
func StatusOf(k fault.Kind, code wire.Code) int {
	if status, ok := exact[code]; ok {
		return status
	}
	if status, ok := statuses[k]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// refused is a fault of the request's form, for which HTTP has a status more
// exact than that of its kind.
type refused struct {
	text   string
	status int
}

func (r refused) Error() string { return r.text }

// Unwrap returns the fault that r is apart from its status.
func (r refused) Unwrap() error { return &fault.Error{Kind: fault.Invalid, Text: r.text} }

// Unsupported is a body of a type that is not taken.
func Unsupported(text string) error { return refused{text, http.StatusUnsupportedMediaType} }

// Invalid is a field or a parameter that is wrong.
func Invalid(text string) error {
	return &fault.Error{Kind: fault.Invalid, Code: wire.CodeInvalidField, Text: text}
}

// Unavailable is a failure of a store, unless it is a fault already.
func Unavailable(err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	return &fault.Error{Kind: fault.Unavailable, Cause: err, RetryAfter: time.Second, Text: "the server cannot do this right now; try again"}
}

// ProblemOf returns what a stranger may know of err.
func ProblemOf(err error) *Problem {
	f := fault.Public(err)
	code := wire.CodeOf(f)
	p := &Problem{Status: StatusOf(f.Kind, code), Detail: f.Text, Code: code, header: http.Header{}}
	var r refused
	if errors.As(err, &r) {
		p.Status = r.status
	}
	p.Type, p.Title = nameOf(p.Code)
	if f.RetryAfter > 0 {
		p.RetryAfterMs = ceil(f.RetryAfter, time.Millisecond)
		p.header.Set("Retry-After", strconv.FormatInt(ceil(f.RetryAfter, time.Second), 10))
	}
	return p
}

func ceil(d, unit time.Duration) int64 { return int64((d + unit - 1) / unit) }

// nameOf returns where a number of the catalogue is explained, and its name in
// words.
func nameOf(code wire.Code) (uri, title string) {
	for _, e := range wire.Catalogue {
		if e.Code == code {
			words := strings.ReplaceAll(e.Name, "-", " ")
			return ErrorsPath + "#" + e.Name, strings.ToUpper(words[:1]) + words[1:]
		}
	}
	return "about:blank", ""
}

// Problem returns the answer to a call that failed, and notes it for the log.
func (c *Call) Problem(err error) *Problem {
	c.refused = err
	p := ProblemOf(err)
	p.Request = c.ID
	if p.Status == http.StatusUnauthorized {
		challenge := `Bearer realm="tacet"`
		if c.Bearer() != "" {
			challenge += `, error="invalid_token"` // RFC 6750 §3.1
		}
		p.header.Set("WWW-Authenticate", challenge)
	}
	return p
}

// Write sends p without huma, for requests that have not reached it.
func (p *Problem) Write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		body = nil // cannot happen: texts and numbers
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}
