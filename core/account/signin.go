package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"tacet/core/directory"
	"tacet/core/fault"
)

// CodeLife is how long the code is good that somebody carries from a browser to
// a command.
const CodeLife = time.Minute

// pass is what such a code holds, sealed: nothing is kept of it before it was
// redeemed.
type pass struct {
	Issuer    string    `json:"issuer"`
	Subject   string    `json:"subject"`
	Email     string    `json:"email,omitempty"`
	Operator  bool      `json:"operator,omitempty"`
	Challenge string    `json:"challenge"`
	Expires   time.Time `json:"expires"`
}

// passPlace is what codes are sealed for. It is no key of a record.
const passPlace = "sign-in code"

// Pass returns a code for a command whose person has signed in with a browser.
// It is good for a minute, once, and only with the verifier whose challenge this
// is (RFC 7636, S256) and which has never left the command: whoever sees the
// code in an address on its way can do nothing with it.
func (s *Service) Pass(ctx context.Context, who Identity, challenge string) (string, error) {
	if b, err := base64.RawURLEncoding.DecodeString(challenge); err != nil || len(b) != sha256.Size {
		return "", invalid("the challenge must be the SHA-256 of a verifier, as base64url without padding (RFC 7636, S256)")
	}
	sealer, err := s.Deployment.Sealer(ctx)
	if err != nil {
		return "", unavailable(err)
	}
	plain, err := encode(pass{who.Issuer, who.Subject, who.Email, who.Operator, challenge, s.Now().UTC().Add(CodeLife)})
	if err != nil {
		return "", err
	}
	sealed, err := sealer.Seal(plain, passPlace)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// Redeem returns whom a code was made for, and uses it up. The error is a fault
// of kind Unauthenticated if it is not good, for whatever reason. A call that
// failed may have used it up.
func (s *Service) Redeem(ctx context.Context, code, verifier string) (Identity, error) {
	sealer, err := s.Deployment.Sealer(ctx)
	if err != nil {
		return Identity{}, unavailable(err)
	}
	sealed, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil {
		return Identity{}, badCode()
	}
	var p pass
	plain, err := sealer.Open(sealed, passPlace)
	if err != nil || json.Unmarshal(plain, &p) != nil {
		return Identity{}, badCode()
	}
	hash := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	if !s.Now().Before(p.Expires) || subtle.ConstantTimeCompare([]byte(challenge), []byte(p.Challenge)) == 0 {
		return Identity{}, badCode()
	}
	value, err := encode(secretRecord{})
	if err != nil {
		return Identity{}, err
	}
	// The bytes and not their text, as of sessions. The mark stays for a second
	// longer than the code is good: times of records are cut to seconds.
	_, err = s.Directory.Apply(ctx, directory.Put(bySecret(hashOf(sealed)), value, p.Expires.Add(time.Second), directory.IfAbsent))
	switch {
	case errors.Is(err, directory.ErrConflict):
		return Identity{}, badCode()
	case err != nil:
		return Identity{}, unavailable(err)
	}
	return Identity{p.Issuer, p.Subject, p.Email, p.Operator}, nil
}

// badCode is said of every code that is not good, for whatever reason.
func badCode() error {
	return &fault.Error{Kind: fault.Unauthenticated, Text: "the code is not good, or not any more: sign in again"}
}
