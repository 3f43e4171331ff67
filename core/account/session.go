package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/privacy"
)

// SessionLife is how long a session lasts.
const SessionLife = 12 * time.Hour

// How tokens begin, so that people and scanners for lost secrets can tell what
// they have found.
const (
	sessionMark = "tacet_s_"
	tokenMark   = "tacet_t_"
)

// session is what the token of a session holds, sealed: nothing is kept of it.
type session struct {
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email,omitempty"`
	Operator bool      `json:"operator,omitempty"`
	Person   string    `json:"person"`
	Since    time.Time `json:"since"`
	Expires  time.Time `json:"expires"`
}

// sessionPlace is what sessions are sealed for. It is no key of a record.
const sessionPlace = "session"

// SignIn returns a token for a session of twelve hours.
func (s *Service) SignIn(ctx context.Context, who Identity) (token string, expires time.Time, err error) {
	p, err := s.principal(ctx, who)
	if err != nil {
		return "", time.Time{}, err
	}
	expires = p.Since.Add(SessionLife)
	sealer, err := s.Deployment.Sealer(ctx)
	if err != nil {
		return "", time.Time{}, unavailable(err)
	}
	plain, err := encode(session{
		p.Identity.Issuer, p.Identity.Subject, p.Identity.Email, p.Identity.Operator, p.person, p.Since, expires,
	})
	if err != nil {
		return "", time.Time{}, err
	}
	sealed, err := sealer.Seal(plain, sessionPlace)
	return sessionMark + base64.RawURLEncoding.EncodeToString(sealed), expires, err
}

// principal returns who an issuer says somebody is, signed in now.
func (s *Service) principal(ctx context.Context, who Identity) (*Principal, error) {
	for _, part := range []string{who.Issuer, who.Subject} {
		if part == "" || len(part) > 1000 || !utf8.ValidString(part) || strings.ContainsFunc(part, invisible) {
			return nil, invalid("the issuer has not said who you are in a form that can be kept: it needs an issuer and a subject")
		}
	}
	// Another issuer's idea of an address is not worth a refusal.
	who.Email, _ = eMail(who.Email)
	person, err := s.hash(ctx, "person", who.Issuer+"\x00"+who.Subject)
	if err != nil {
		return nil, err
	}
	return &Principal{Identity: who, Since: s.Now().UTC().Truncate(time.Second), person: person}, nil
}

// SignOut ends the session of a token. One that has ended is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	held, hash, err := s.session(ctx, token)
	if err != nil {
		return err
	}
	if !s.Now().Before(held.Expires) {
		return nil
	}
	value, err := encode(secretRecord{})
	if err != nil {
		return err
	}
	_, err = s.Directory.Apply(ctx, directory.Put(bySecret(hash), value, held.Expires, directory.Always))
	return unavailable(err)
}

// session returns what the token of a session holds, and the hash that it is
// known by, whether the session has ended or not.
func (s *Service) session(ctx context.Context, token string) (*session, string, error) {
	text, ok := strings.CutPrefix(token, sessionMark)
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil, "", unauthenticated()
	}
	sealer, err := s.Deployment.Sealer(ctx)
	if err != nil {
		return nil, "", unavailable(err)
	}
	plain, err := sealer.Open(sealed, sessionPlace)
	if err != nil {
		return nil, "", unauthenticated()
	}
	held, err := decode[session](directory.Record{Value: plain})
	// The bytes and not their text: a decoder takes several texts for the same
	// bytes, and a session that has ended would go on under another one.
	return &held, hashOf(sealed), err
}

// hashOf returns the hash that a token is known by. It is not keyed: tokens
// are random, nobody can guess one.
func hashOf(token []byte) string {
	h := sha256.Sum256(token)
	return hex.EncodeToString(h[:])
}

// unauthenticated is said of every token that is not good, for whatever reason.
func unauthenticated() error {
	return &fault.Error{
		Kind: fault.Unauthenticated,
		Text: "the token is malformed, or has expired, or was withdrawn: sign in again, or make a new access token",
	}
}

// Authenticate returns who has the bearer token of a session or an access token.
// The error is a fault of kind Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string, from privacy.Addr) (*Principal, error) {
	p, err := s.authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	p.address = from
	return p, nil
}

func (s *Service) authenticate(ctx context.Context, token string) (*Principal, error) {
	if strings.HasPrefix(token, tokenMark) {
		return s.bearer(ctx, token)
	}
	held, hash, err := s.session(ctx, token)
	if err != nil {
		return nil, err
	}
	if !s.Now().Before(held.Expires) {
		return nil, unauthenticated()
	}
	switch _, err := s.get(ctx, bySecret(hash)); {
	case err == nil:
		return nil, unauthenticated()
	case !errors.Is(err, directory.ErrAbsent):
		return nil, err
	}
	return &Principal{
		Identity: Identity{held.Issuer, held.Subject, held.Email, held.Operator},
		Since:    held.Since, person: held.Person,
	}, nil
}
