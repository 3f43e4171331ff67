package account

import (
	"context"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/privacy"
	"tacet/core/seal"
)

// Service is the verbs of accounts. Its fields are set once and not changed.
// Safe for concurrent use.
type Service struct {
	Directory  directory.Directory
	Vault      seal.Vault
	Deployment seal.Deployment
	Anonymiser privacy.Anonymiser
	// Disconnect ends the connections of an application, some of them at a
	// time, and reports whether there may be more.
	Disconnect func(ctx context.Context, of app.ID) (ended int, more bool, err error)
	// Changed is told of an application whose record or keys have changed, so
	// that who remembers it reads it again. Nil where nobody remembers for long.
	Changed func(of app.ID)
	// Begin is told of a job that was left to be done.
	Begin func(ctx context.Context, job string) error
	Now   func() time.Time
	// Random fills ids, tokens and keys. crypto/rand.Read, outside of tests.
	Random func([]byte)
}

// Identity is who an issuer of OpenID Connect says somebody is. It is kept in
// sessions, sealed, and nowhere else.
type Identity struct {
	Issuer, Subject string
	Email           string // verified; "" if the issuer tells none
	// Operator marks who runs the deployment.
	Operator bool
}

// Principal is who makes a request: a person with a session, or a program with
// an access token. Made by Authenticate; lives for one request.
type Principal struct {
	Identity Identity  // of a session
	Since    time.Time // when the person signed in
	token    *Token    // nil for a session
	account  ID        // of an access token
	person   string    // keyed hash of the identity
	address  privacy.Addr
}

// Session says whether this is a person who has signed in.
func (p *Principal) Session() bool { return p.token == nil }

// Caller is a principal in an account of which it is a member. Made by In. Each
// verb checks first whether the caller may do that, and returns a fault of kind
// Forbidden that says what is missing. It lives for one request, and is not for
// concurrent use.
type Caller struct {
	s         *Service
	Principal *Principal
	Account   ID
	Member    MemberID
	Role      Role

	found  accountRecord     // the account as it was when the request came
	seen   directory.Version // of the member's record, which Role was read from
	sealer seal.Sealer       // once it was asked for
}
