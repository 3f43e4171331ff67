package command

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"tacet/core/grant"
	"tacet/infra/apiclient"
)

// keys is the commands for verification keys.
type keys struct {
	List   keyList   `cmd:"" help:"List an application's verification keys."`
	Create keyCreate `cmd:"" help:"Make a key, or take one of your own into use."`
	Rotate keyRotate `cmd:"" help:"Put a key in the place of another, which stays good for a while."`
	Revoke keyRevoke `cmd:"" help:"Withdraw a key at once; the application's connections end."`
}

func (keys) example() string {
	return `  tacet key create --kind client >client.key
  tacet token --key client.key --subject alice
  tacet key create --kind admin --key public.pem
  tacet key rotate 0123456789abcdef --overlap 24h >client.key

An application has two slots for keys of clients, and two for keys of backends
(admin), so that one can be replaced while the other works.
`
}

// ofApp is the flags of what is done with one application.
type ofApp struct {
	inAccount
	App string `placeholder:"ID" help:"The application. Default: the only one of the account."`
}

// reach finds the application.
func (a ofApp) reach(ctx context.Context) (*room, string, error) {
	r, err := a.enter(ctx)
	if err != nil {
		return nil, "", err
	}
	id, err := r.onlyApp(ctx, a.App)
	return r, id, err
}

type keyList struct{ ofApp }

func (keyList) example() string { return "  tacet key list --app 0123456789abcdef0123456789abcdef\n" }

// Run lists them.
func (k keyList) Run(ctx context.Context, c *console) error {
	r, id, err := k.reach(ctx)
	if err != nil {
		return err
	}
	items := r.client.List(ctx, r.path("apps", id, "keys"), nil)
	return r.explain(ctx, list(c, k.JSON, items, 0, "ID KIND ALGORITHM FROM CREATED UNTIL", "there is no key: nobody can connect", func(x keyRecord) []string {
		from, until := "text", ""
		if x.JWKSURL != "" {
			from = x.JWKSURL
		}
		if x.Until != nil {
			until = day(*x.Until)
		}
		return []string{x.ID, x.Kind, x.Algorithm, from, day(x.Created), until}
	}))
}

// material is the flags for a key of one's own.
type material struct {
	Algorithm string `placeholder:"ALG" help:"Algorithm of the key: RS256, ES256, EdDSA, … Default: HS256 for one that is made; else that of the key, if it says."`
	Key       string `type:"path" placeholder:"FILE" help:"A public key of yours in PEM or as a JWK, or an HS secret. Default: an HS256 secret is made, and printed for the only time."`
	JWKSURL   string `name:"jwks-url" placeholder:"URL" help:"Where your key set is, instead of a key: https://HOST/….json."`
}

// keyBody is what a key is to be.
type keyBody struct {
	Kind      string `json:"kind"`
	Algorithm string `json:"algorithm,omitempty"`
	Text      string `json:"text,omitempty"`
	JWKSURL   string `json:"jwksUrl,omitempty"`
	Replaces  string `json:"replaces,omitempty"`
	Overlap   int64  `json:"overlapSeconds,omitempty"`
}

func (m material) body() (keyBody, error) {
	b := keyBody{Algorithm: m.Algorithm, JWKSURL: m.JWKSURL}
	switch {
	case m.Key != "" && m.JWKSURL != "":
		return b, misused("--key and --jwks-url exclude each other")
	case m.Algorithm != "" && !grant.Algorithm(m.Algorithm).Valid():
		return b, misused("--algorithm %s: there is no such algorithm", m.Algorithm)
	case m.Key == "":
		return b, nil
	}
	text, err := os.ReadFile(m.Key)
	if err != nil {
		return b, unreadable("--key", m.Key, err)
	}
	if strings.Contains(string(text), "PRIVATE KEY-----") {
		return b, misused("--key %s: this is a private key, which only whoever signs should have: say its public key (openssl pkey -pubout)", m.Key)
	}
	b.Text = strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r") // an editor's, not the secret's
	return b, nil
}

type keyCreate struct {
	ofApp
	material
	Kind string `enum:"client,admin" default:"client" help:"Which tokens it verifies: ${enum}. client tokens connect, admin tokens call the HTTP API."`
}

func (keyCreate) example() string {
	return `  tacet key create --kind client >client.key
  tacet key create --kind admin --key public.pem --algorithm ES256
  tacet key create --jwks-url https://issuer.example.org/jwks.json
`
}

// Run makes the key.
func (k keyCreate) Run(ctx context.Context, c *console) error {
	body, err := k.body()
	if err != nil {
		return err
	}
	body.Kind = k.Kind
	r, id, err := k.reach(ctx)
	if err != nil {
		return err
	}
	return k.make(ctx, c, r, id, body)
}

// make makes a key, and prints its secret if it has one.
func (a ofApp) make(ctx context.Context, c *console, r *room, id string, body keyBody) error {
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodPost, Path: r.path("apps", id, "keys"), Body: body, Once: apiclient.NewKey()})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x keyRecord) error {
		made := body.Text == "" && body.JWKSURL == ""
		switch {
		case made && x.Secret == "":
			return fmt.Errorf("the answer was lost on its way, and a secret is shown once: revoke key %s, and make another", x.ID)
		case made:
			fmt.Fprintln(c.out, x.Secret)
			c.say("Keep this secret now: it is not shown again. Key %s of application %s verifies %s tokens that it signs, at once.", x.ID, id, x.Kind)
		default:
			c.say("Key %s of application %s verifies %s tokens, at once.", x.ID, id, x.Kind)
		}
		if body.Replaces != "" {
			c.say("Key %s is good until %s.", printable(body.Replaces), day(time.Now().Add(time.Duration(body.Overlap)*time.Second)))
		}
		return nil
	})
}

type keyRotate struct {
	ofApp
	material
	ID      string        `arg:"" name:"key" help:"The key that ends, as tacet key list shows it."`
	Overlap time.Duration `default:"24h" help:"How long the old key stays good: 30 days at most; 0s ends it at once."`
}

func (keyRotate) example() string {
	return "  tacet key rotate 0123456789abcdef --overlap 24h >client.key\n\nMakes the new key as tacet key create does. The old one works until the overlap is over.\n"
}

// Run makes the new key.
func (k keyRotate) Run(ctx context.Context, c *console) error {
	body, err := k.body()
	if err != nil {
		return err
	}
	if k.Overlap < 0 || k.Overlap > 30*24*time.Hour {
		return misused("--overlap is 720h at most, which is 30 days, and not negative")
	}
	r, id, err := k.reach(ctx)
	if err != nil {
		return err
	}
	all, err := apiclient.Collect[keyRecord](r.client.List(ctx, r.path("apps", id, "keys"), nil), 0)
	if err != nil {
		return r.explain(ctx, err)
	}
	for _, x := range all {
		if x.ID == k.ID {
			body.Kind, body.Replaces, body.Overlap = x.Kind, x.ID, int64(k.Overlap/time.Second)
			return k.make(ctx, c, r, id, body)
		}
	}
	return fmt.Errorf("application %s has no key %s: tacet key list shows those it has", id, printable(k.ID))
}

type keyRevoke struct {
	ofApp
	ID string `arg:"" name:"key" help:"The key's id, as tacet key list shows it."`
}

func (keyRevoke) example() string {
	return "  tacet key revoke 0123456789abcdef\n\nWhat it has signed is refused from now on. Clients with a good token come back by themselves.\n"
}

// Run revokes the key.
func (k keyRevoke) Run(ctx context.Context, c *console) error {
	r, id, err := k.reach(ctx)
	if err != nil {
		return err
	}
	if _, err := r.do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path("apps", id, "keys", k.ID)}); err != nil {
		return err
	}
	c.say("Key %s is revoked; the connections of application %s are ended.", printable(k.ID), id)
	return nil
}
