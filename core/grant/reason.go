package grant

import (
	"errors"

	"tacet/core/fault"
)

// Reason is why a token was refused: an error to compare with errors.Is, a
// word for a log and a label for a counter. It holds nothing of the token.
type Reason string

// The reasons. The comment says the kind of fault that carries each.
const (
	TooLong            Reason = "token too long"       // Unauthenticated: over MaxTokenLength
	Malformed          Reason = "token malformed"      // Unauthenticated: not a JWT in compact form, or of no algorithm that exists here
	NoKey              Reason = "no key for token"     // Forbidden: no key of that algorithm and id
	BadSignature       Reason = "token signature"      // Forbidden: made with another key
	BadClaims          Reason = "token claims"         // Unauthenticated: genuine, but a claim is missing or unusable
	Expired            Reason = "token expired"        // Unauthenticated
	NotYetValid        Reason = "token not yet valid"  // Unauthenticated: nbf or iat lies in the future
	TooManyPermissions Reason = "too many permissions" // Unauthenticated: over MaxPermissions or MaxPermissionBytes
)

// Error returns the reason in words.
func (r Reason) Error() string { return string(r) }

// ReasonOf returns the reason in err's chain, or "" when there is none.
func ReasonOf(err error) Reason {
	var r Reason
	errors.As(err, &r)
	return r
}

// refuse makes the fault for a reason. A token that another key signed is
// Forbidden, not Unauthenticated: it may be a good token of another
// application, and fetching a fresh one there will not help.
func refuse(r Reason, text string) error {
	kind := fault.Unauthenticated
	if r == NoKey || r == BadSignature {
		kind = fault.Forbidden
	}
	return &fault.Error{Kind: kind, Text: text, Cause: r}
}

func invalid(text string) error { return &fault.Error{Kind: fault.Invalid, Text: text} }
