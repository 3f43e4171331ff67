package paths

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tacet/core/grant"
	"tacet/infra/canary"
)

// Signer makes tokens. The zero value makes none.
type Signer struct {
	// Secret signs (HS256).
	Secret grant.Secret
	// Token is one that was given instead: then it is every token.
	Token string
}

// claims are what a token is to say.
type claims struct {
	subject     string
	permissions []string
	expires     time.Duration
}

// token returns a token that has markers in its claims, and remembers its
// signature.
func (s *Sender) token(by Signer, c claims) (string, error) {
	if by.Token != "" {
		return by.Token, s.remember(by.Token)
	}
	if c.subject == "" {
		c.subject = s.m(canary.Subject)
	}
	if c.expires == 0 {
		c.expires = time.Hour
	}
	if c.permissions == nil {
		c.permissions = []string{grant.Write("*"), grant.Read("*"), string(grant.ManageConnections), string(grant.ManageSubscribers), string(grant.ManageApplication)}
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": c.subject, "permissions": c.permissions, "exp": now.Add(c.expires).Unix(), "iat": now.Add(-2 * time.Hour).Unix(),
		"canary": s.m(canary.Claim), "email": s.m(canary.Email), "n": now.UnixNano(), // so that no two are the same
	}).SignedString([]byte(by.Secret.Reveal()))
	if err != nil {
		return "", errors.New("a token could not be signed")
	}
	return token, s.remember(token)
}

// remember makes a marker of a token's signature, which is different for each.
func (s *Sender) remember(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("what was given is no token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return errors.New("what was given is no token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) < mostTokens {
		s.tokens = append(s.tokens, canary.NewRaw(canary.Signature, signature))
	}
	return nil
}

// mostTokens is how many signatures are looked for: each has forms of its own.
const mostTokens = 40

// frame returns a frame of the protocol.
func frame(kind string, data map[string]any) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return text
}
