package grant

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// SigningKey makes tokens, for the command line and for tests; the platform
// itself only verifies. The zero value signs nothing.
type SigningKey struct {
	alg  Algorithm
	sign func(signed string) ([]byte, error)
}

// String names the algorithm only.
func (k SigningKey) String() string { return string(k.alg) + " signing key" }

// Format prints String for every verb.
func (k SigningKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogValue returns String.
func (k SigningKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// ParseSigningKey returns the key that text is: for HS algorithms the secret
// as it stands, for the others a private key in PEM.
func ParseSigningKey(alg Algorithm, text string) (SigningKey, error) {
	material, err := privateFrom(alg, text)
	if err != nil {
		return SigningKey{}, err
	}
	method := methods[alg].method
	return SigningKey{alg: alg, sign: func(signed string) ([]byte, error) { return method.Sign(signed, material) }}, nil
}

func privateFrom(alg Algorithm, text string) (material any, err error) {
	switch methods[alg].family {
	case hmacFamily:
		_, err = ParseKey(alg, text)
		return []byte(text), err
	case rsaFamily:
		material, err = jwt.ParseRSAPrivateKeyFromPEM([]byte(text))
	case ecFamily:
		material, err = jwt.ParseECPrivateKeyFromPEM([]byte(text))
	case edFamily:
		material, err = jwt.ParseEdPrivateKeyFromPEM([]byte(text))
	default:
		return nil, invalid("there is no such algorithm")
	}
	if err != nil {
		return nil, invalid("this is not a private key for " + string(alg) + " in PEM")
	}
	return material, nil
}

// Claims is what Sign writes into a token.
type Claims struct {
	Subject     Subject   // required
	Permissions []string  // nil is an empty array
	Expires     time.Time // required; cut to whole seconds
	Issued      time.Time // zero leaves iat out
	KeyID       string    // goes into the header; "" leaves it out
}

// Sign returns a token with these claims. It checks nothing about them, so
// that tests can make bad ones; Verify does.
func Sign(key SigningKey, c Claims) (string, error) {
	if key.sign == nil {
		return "", errors.New("no key to sign with")
	}
	head := map[string]any{"alg": key.alg, "typ": "JWT"}
	if c.KeyID != "" {
		head["kid"] = c.KeyID
	}
	body := map[string]any{
		"sub":         c.Subject,
		"exp":         c.Expires.Unix(),
		"permissions": append([]string{}, c.Permissions...),
	}
	if !c.Issued.IsZero() {
		body["iat"] = c.Issued.Unix()
	}
	signed, err := compact(head, body)
	if err != nil {
		return "", err
	}
	signature, err := key.sign(signed)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed + "." + encode(signature), nil
}

// compact returns the part of a token that is signed.
func compact(parts ...any) (string, error) {
	var texts []string
	for _, p := range parts {
		data, err := json.Marshal(p)
		if err != nil {
			return "", fmt.Errorf("encode token: %w", err)
		}
		texts = append(texts, encode(data))
	}
	return strings.Join(texts, "."), nil
}
