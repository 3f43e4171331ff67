package apigw

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxAuthorizerResult is the quota on what an authorizer returns, in bytes.
const maxAuthorizerResult = 8 << 10

// Authorization is what a Lambda authorizer answers with.
type Authorization struct {
	PrincipalID        string         `json:"principalId"`
	Policy             Policy         `json:"policyDocument"`
	Context            map[string]any `json:"context,omitempty"` // strings, numbers and booleans only
	UsageIdentifierKey string         `json:"usageIdentifierKey,omitempty"`
}

// Policy is the part of an IAM policy that an authorizer may use: API Gateway
// does not look at conditions here.
type Policy struct {
	Version   string     `json:"Version"`
	Statement Statements `json:"Statement"`
}

// Statement allows or denies actions on resources. Both may hold wildcards.
type Statement struct {
	Effect   string  `json:"Effect"` // "Allow" or "Deny"
	Action   Strings `json:"Action"`
	Resource Strings `json:"Resource"`
}

// Strings is a list of strings that may be written as a single one.
type Strings []string

// UnmarshalJSON takes a string or a list of strings.
func (s *Strings) UnmarshalJSON(b []byte) error { return oneOrMany((*[]string)(s), b) }

// Statements is a list of statements that may be written as a single one.
type Statements []Statement

// UnmarshalJSON takes a statement or a list of them.
func (s *Statements) UnmarshalJSON(b []byte) error { return oneOrMany((*[]Statement)(s), b) }

func oneOrMany[T any](to *[]T, b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, to)
	}
	*to = make([]T, 1)
	return json.Unmarshal(b, &(*to)[0])
}

// ErrNotAuthorization says that a function's output is not the answer of an
// authorizer.
var ErrNotAuthorization = errors.New("apigw: not an authorizer's response")

// DecodeAuthorization reads what an authorizer returned, as strictly as API
// Gateway, which answers 500 to each of these: more than 8 KB, no
// principalId, a malformed policy, an object or a list in the context. The
// error wraps ErrNotAuthorization and never quotes the input.
func DecodeAuthorization(b []byte) (Authorization, error) {
	var a Authorization
	if len(b) > maxAuthorizerResult {
		return a, fmt.Errorf("%w: more than 8 KB", ErrNotAuthorization)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("%w: %w", ErrNotAuthorization, withoutInput(err))
	}
	if a.PrincipalID == "" {
		return a, fmt.Errorf("%w: no principalId", ErrNotAuthorization)
	}
	if len(a.Policy.Statement) == 0 {
		return a, fmt.Errorf("%w: no policy statement", ErrNotAuthorization)
	}
	for _, s := range a.Policy.Statement {
		if err := s.check(); err != nil {
			return a, err
		}
	}
	for _, v := range a.Context {
		if _, ok := scalarText(v); !ok {
			return a, fmt.Errorf("%w: the context holds more than text, numbers and booleans", ErrNotAuthorization)
		}
	}
	return a, nil
}

// maxARN is the quota on a resource in an authorizer's policy, in characters.
const maxARN = 512

func (s Statement) check() error {
	if (s.Effect != "Allow" && s.Effect != "Deny") || len(s.Action) == 0 || len(s.Resource) == 0 {
		return fmt.Errorf("%w: malformed policy statement", ErrNotAuthorization)
	}
	for _, r := range s.Resource {
		if len(r) > maxARN {
			return fmt.Errorf("%w: a resource of more than 512 characters", ErrNotAuthorization)
		}
	}
	return nil
}

// ContextText returns the context with all values as text, which is how
// integrations get it. Nil for none.
func (a Authorization) ContextText() map[string]string {
	if len(a.Context) == 0 {
		return nil
	}
	m := make(map[string]string, len(a.Context))
	for k, v := range a.Context {
		if text, ok := scalarText(v); ok {
			m[k] = text
		}
	}
	return m
}
