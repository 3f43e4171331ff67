package apiclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// Refusal is an answer by which a server says no.
type Refusal struct {
	Status     int
	Detail     string        // for people; "" if the server said nothing
	Code       int           // in the catalogue of errors; 0 if there is none
	RetryAfter time.Duration // zero when nobody knows
}

// Error says what the server said.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("the server answered %d %s", r.Status, http.StatusText(r.Status))
	}
	return r.Detail
}

// Is reports whether err is a refusal with a status.
func Is(err error, status int) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == status
}

// Unreachable is why nothing came of a request: nobody knows whether the server
// got it.
type Unreachable struct {
	Host string
	Err  error
}

// Error says whom nothing came from.
func (u *Unreachable) Error() string { return "cannot reach " + u.Host + ": " + u.Err.Error() }

// Unwrap returns what went wrong.
func (u *Unreachable) Unwrap() error { return u.Err }

// refusal reads why a server says no: a problem document (RFC 9457).
func refusal(response *http.Response) error {
	var why struct {
		Detail, Message, Title string
		Code                   int
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil {
		_ = json.Unmarshal(body, &why) // some other server: then the status says all
	}
	r := &Refusal{Status: response.StatusCode, Code: why.Code, RetryAfter: seconds(response.Header.Get("Retry-After"))}
	for _, text := range []string{why.Detail, why.Message, why.Title} {
		if text != "" {
			r.Detail = text
			break
		}
	}
	return r
}

// innermost returns the cause without the layers that repeat the URL.
func innermost(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// isNobody reports whether nobody listens there: trying again at once is no use.
func isNobody(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
