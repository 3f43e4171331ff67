package apigw

import (
	"fmt"
	"log/slog"
	"strings"
)

// Header holds the headers of a handshake under the names that the client
// wrote. It may carry tokens and addresses, so it prints only their number.
type Header map[string][]string

// Get returns the last value of the header called name, in any case, or "".
// The last is what the event's key "headers" holds.
func (h Header) Get(name string) string {
	if v, ok := h[name]; ok {
		return last(v)
	}
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return last(v)
		}
	}
	return ""
}

// Format writes the number of headers, for every verb.
func (h Header) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%d headers", len(h)) }

// LogValue returns the number of headers.
func (h Header) LogValue() slog.Value { return slog.IntValue(len(h)) }

// Query holds the query string of a handshake. It may carry tokens, so it
// prints only their number.
type Query map[string][]string

// Get returns the last value of the parameter called name, or "". The last is
// what queryStringParameters holds.
func (q Query) Get(name string) string { return last(q[name]) }

// Format writes the number of parameters, for every verb.
func (q Query) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%d parameters", len(q)) }

// LogValue returns the number of parameters.
func (q Query) LogValue() slog.Value { return slog.IntValue(len(q)) }

func last(v []string) string {
	if len(v) == 0 {
		return ""
	}
	return v[len(v)-1]
}
