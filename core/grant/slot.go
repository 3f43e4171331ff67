package grant

import (
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"tacet/core/fault"
)

// Slot is one verification key as its owner gave it: pasted text, or the
// address of a key set. The zero value is an empty slot. Its JSON form is for
// stores and holds the secret; everything printed hides it.
type Slot struct {
	// Algorithm of the key; for a key set, of those of its keys that name none.
	Algorithm Algorithm `json:"algorithm,omitzero"`
	// Text is a secret as it stands (HS), PEM or a JWK.
	Text Secret `json:"text,omitzero"`
	// JWKSURL is where a key set is fetched (RFC 7517 §5). Text is empty then.
	JWKSURL string `json:"jwksUrl,omitzero"`
	// NotAfter is when the key stops to be good; zero for one that stays.
	NotAfter time.Time `json:"notAfter,omitzero"`
}

// Empty reports whether the slot holds no key.
func (s Slot) Empty() bool { return s.Text.IsZero() && s.JWKSURL == "" }

// Free reports whether the slot may be given to another key: there is none in
// it, or one that is not good any more.
func (s Slot) Free(now time.Time) bool {
	return s.Empty() || !s.NotAfter.IsZero() && !now.Before(s.NotAfter)
}

// Key returns the slot's pasted key: ParseKey of its text. Parsing PEM takes
// tens of microseconds; who verifies often keeps the Key.
func (s Slot) Key() (Key, error) { return ParseKey(s.Algorithm, s.Text.Reveal()) }

// String describes the slot without its secret.
func (s Slot) String() string {
	switch {
	case s.Empty():
		return "empty"
	case s.JWKSURL != "":
		return string(s.Algorithm) + " key set"
	default:
		return string(s.Algorithm) + " key " + redacted
	}
}

// Format prints String for every verb.
func (s Slot) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue returns String.
func (s Slot) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Kind says what a token is for. The keys that verify a token decide it.
type Kind uint8

// The kinds of tokens.
const (
	Client Kind = iota // connects by WebSocket
	Admin              // calls the HTTP API
)

// String returns the kind as one word.
func (k Kind) String() string {
	if k == Admin {
		return "admin"
	}
	return "client"
}

// Slots are an application's verification keys: two slots of each kind, so
// that a new key can be taken into use before the old one is withdrawn. The
// zero value verifies nothing. Printed, it shows no secret.
type Slots struct {
	Client [2]Slot `json:"client"`
	Admin  [2]Slot `json:"admin"`
}

// Of returns the slots of one kind.
func (s Slots) Of(k Kind) [2]Slot {
	if k == Admin {
		return s.Admin
	}
	return s.Client
}

// String describes all slots without secrets.
func (s Slots) String() string {
	return fmt.Sprintf("client: %s, %s; admin: %s, %s", s.Client[0], s.Client[1], s.Admin[0], s.Admin[1])
}

// Format prints String for every verb.
func (s Slots) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue returns String.
func (s Slots) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Check returns nil when each slot is empty or usable, else a fault of kind
// Invalid that says which one is wrong and how. It refuses the same key for
// clients and for admins: a client could then call the admin API.
func (s Slots) Check() error {
	for _, kind := range []Kind{Client, Admin} {
		for i, slot := range s.Of(kind) {
			if err := slot.Check(); err != nil {
				return &fault.Error{Kind: fault.Invalid, Text: fmt.Sprintf("%s key %d: %s", kind, i+1, fault.Public(err).Text), Cause: err}
			}
		}
	}
	for _, c := range s.Client {
		for _, a := range s.Admin {
			if !c.Empty() && c.Text.Equal(a.Text) && c.JWKSURL == a.JWKSURL {
				return invalid("client tokens and admin tokens need keys of their own: the same key is set for both")
			}
		}
	}
	return nil
}

// Check returns nil when the slot is empty or usable, else a fault of kind
// Invalid that says how it is wrong.
func (s Slot) Check() error {
	switch {
	case s.Empty():
		return nil
	case s.JWKSURL == "":
		_, err := s.Key()
		return err
	case !s.Text.IsZero():
		return invalid("either a key or the address of a key set, not both")
	case s.Algorithm != "" && (!s.Algorithm.Valid() || s.Algorithm.Symmetric()):
		return invalid("a key set needs an algorithm with public keys (RS, PS, ES or EdDSA)")
	}
	// Which hosts may be fetched is for the one who fetches.
	if u, err := url.Parse(s.JWKSURL); err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return invalid("the address of a key set must be a URL that begins with https:// and holds no user name")
	}
	return nil
}
