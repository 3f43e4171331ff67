package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"tacet/core/topic"
)

// PrivateTopics is what every priv/… name is recorded as.
const PrivateTopics RecordedTopic = "priv/*"

// RecordedTopic is a topic's name as telemetry and reports may hold it. It is
// made by RecordTopic only.
type RecordedTopic string

// RecordTopic returns what is recorded of n. A name below priv/ is an
// address of somebody and always becomes PrivateTopics, blinded or not. Any
// other is recorded as it is when blind is nil, and else as "~" and 22
// characters: a keyed hash of 128 bits. No name begins with ~, so a hash is
// never taken for a name.
//
// The hash of one name under one key is always the same, so that reports can
// count by it, and the application's console, which knows names and key, can
// resolve it.
func RecordTopic(n topic.Name, blind *BlindKey) RecordedTopic {
	if n.Kind() == topic.Priv {
		return PrivateTopics
	}
	if blind == nil {
		return RecordedTopic(n)
	}
	return blind.hash(n)
}

// BlindKey is the key under which one application's topic names are recorded.
// It lives as long as the application does. Printed, it is a redaction; as for
// Addr, the bytes live in a closure. Its JSON form is for stores and holds the
// key. The zero value is no key: under it every name is recorded as "~" alone.
type BlindKey struct{ reveal func() [SecretSize]byte }

// NewBlindKey returns a key made of 32 random bytes.
func NewBlindKey(random [SecretSize]byte) BlindKey {
	return BlindKey{func() [SecretSize]byte { return random }}
}

func (k BlindKey) hash(n topic.Name) RecordedTopic {
	if k.IsZero() {
		return "~" // asked to hide names without a key: hide them all the same
	}
	key := k.reveal()
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("tacet/topic/"))
	mac.Write([]byte(n))
	return RecordedTopic("~" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]))
}

// IsZero reports whether there is no key.
func (k BlindKey) IsZero() bool { return k.reveal == nil }

// String returns a redaction.
func (k BlindKey) String() string { return "(blind key)" }

// Format prints a redaction for every verb.
func (k BlindKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogValue returns a redaction.
func (k BlindKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON returns the key in clear, as base64: for stores.
func (k BlindKey) MarshalJSON() ([]byte, error) {
	if k.IsZero() {
		return []byte("null"), nil
	}
	key := k.reveal()
	return json.Marshal(key[:])
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *BlindKey) UnmarshalJSON(data []byte) error {
	var key []byte
	switch err := json.Unmarshal(data, &key); {
	case err != nil, key != nil && len(key) != SecretSize:
		return errors.New("a blind key is 32 bytes in base64")
	case key == nil:
		*k = BlindKey{}
	default:
		*k = NewBlindKey([SecretSize]byte(key))
	}
	return nil
}
