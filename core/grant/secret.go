package grant

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// redacted is what is printed instead of a secret.
const redacted = "(redacted)"

// Secret is key material as text: an HS secret, PEM or a JWK. The zero value
// is empty. It is safe for concurrent use.
//
// The text lives in a closure and not in a field because fmt does not call
// methods of values that it finds in unexported fields: it walks their bits by
// reflection, and %+v of a struct somewhere above would print the secret.
// Reflection cannot look into a closure.
type Secret struct{ reveal func() string }

// NewSecret returns text as a secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{func() string { return text }}
}

// Reveal returns the text: for verifying, signing, and for the one who made
// it. Never log the result.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal reports whether both hold the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns a redaction.
func (s Secret) String() string { return redacted }

// Format prints a redaction for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// LogValue returns a redaction.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns the text in clear, because JSON is how stores keep an
// application's keys. Slots must therefore reach a JSON log handler only as
// attributes of their own, where LogValue redacts them.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Secret) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a secret is a JSON string")
	}
	*s = NewSecret(text)
	return nil
}
