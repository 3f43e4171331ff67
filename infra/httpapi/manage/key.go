package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/grant"
)

// Key is what is known of a verification key.
type Key struct {
	ID        account.KeyID   `json:"id" example:"0123456789abcdef"`
	Kind      string          `json:"kind" doc:"Whose tokens it verifies: those of clients, or of your own servers (admin)." enum:"client,admin"`
	Algorithm grant.Algorithm `json:"algorithm,omitzero" example:"HS256"`
	JWKSURL   string          `json:"jwksUrl,omitzero" doc:"Where the key set is; left out for another key." example:"https://login.example.org/jwks.json"`
	Created   time.Time       `json:"created"`
	Until     *time.Time      `json:"until,omitempty" doc:"When the key stops to be good, after a rotation; left out for one that stays."`
}

// MadeKey is a key that was made just now.
type MadeKey struct {
	Key
	Secret string `json:"secret,omitempty" doc:"A key that was generated, for the only time: it is in no other answer, and not in that of a repeated request." example:"k7Zp…"`
}

// NewKey is what a verification key is to be.
type NewKey struct {
	Kind           string          `json:"kind" doc:"Whose tokens it verifies: those of clients, or of your own servers (admin)." enum:"client,admin"`
	Algorithm      grant.Algorithm `json:"algorithm,omitzero" doc:"HS256 without, or what a key set says." enum:"HS256,HS384,HS512,RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"`
	Text           string          `json:"text,omitzero" doc:"A secret, a public key in PEM, or a JWK. Without text and jwksUrl, a secret for HS256 is generated." maxLength:"16384"`
	JWKSURL        string          `json:"jwksUrl,omitzero" doc:"Where a key set is fetched (RFC 7517)." maxLength:"2048" example:"https://login.example.org/jwks.json"`
	Replaces       account.KeyID   `json:"replaces,omitzero" doc:"The key that this one replaces." pattern:"^([0-9a-f]{16})?$"`
	OverlapSeconds int             `json:"overlapSeconds,omitzero" doc:"How long the replaced key stays good: 30 days at most." minimum:"0" maximum:"2592000" example:"86400"`
}

func keyOf(k account.Key) Key {
	out := Key{ID: k.ID, Kind: k.Kind.String(), Algorithm: k.Algorithm, JWKSURL: k.JWKSURL, Created: k.Created}
	if !k.Until.IsZero() {
		out.Until = &k.Until
	}
	return out
}

const keysPath = appPath + "/keys"

type keysOutput struct{ Body list[Key] }

func (s *server) routeKeys() {
	within(s, operation{
		id: "list-keys", method: http.MethodGet, path: keysPath, tag: "keys",
		summary: "List verification keys", text: "At most four: two for clients, two for your own servers. The keys themselves are shown to nobody.", needs: account.ReadKeys,
	}, func(ctx context.Context, c *call, me *account.Caller) (*keysOutput, error) {
		keys, err := me.Keys(ctx, c.path("app"))
		return &keysOutput{listed(keys, "", keyOf).Body}, err
	})
	within(s, operation{
		id: "create-key", method: http.MethodPost, path: keysPath, tag: "keys", status: http.StatusCreated, once: true,
		summary: "Add or rotate a verification key",
		text:    "There is room for two keys of each kind, so that a new one can be taken into use before the old one ends: name that in replaces.", needs: account.ManageKeys,
		body: NewKey{}, example: NewKey{Kind: "client", Replaces: "0123456789abcdef", OverlapSeconds: 86400},
	}, s.createKey)
	within(s, operation{
		id: "revoke-key", method: http.MethodDelete, path: keysPath + "/{key}", tag: "keys",
		summary: "Revoke a verification key", text: "At once, and all connections of the application end, for any of them may have come with it.", needs: account.ManageKeys,
	}, func(ctx context.Context, c *call, me *account.Caller) (*emptyOutput, error) {
		return &emptyOutput{}, me.RevokeKey(ctx, c.path("app"), account.KeyID(c.path("key")))
	})
}

func (s *server) createKey(ctx context.Context, c *call, me *account.Caller) (*made[MadeKey], error) {
	once, err := c.once()
	if err != nil {
		return nil, err
	}
	var in NewKey
	if err := c.read(&in); err != nil {
		return nil, err
	}
	k := account.NewKey{
		Algorithm: in.Algorithm, Text: grant.NewSecret(in.Text), JWKSURL: in.JWKSURL,
		Replaces: in.Replaces, Overlap: time.Duration(in.OverlapSeconds) * time.Second,
	}
	if in.Kind == grant.Admin.String() {
		k.Kind = grant.Admin
	}
	fresh, secret, err := me.MakeKey(ctx, c.path("app"), k, once)
	if err != nil {
		return nil, err
	}
	return &made[MadeKey]{Location: c.below(string(fresh.ID)), Body: MadeKey{keyOf(*fresh), secret.Reveal()}}, nil
}
