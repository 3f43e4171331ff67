package config

import (
	"errors"
	"net/url"
)

// OIDC says which issuer of OpenID Connect signs people in.
type OIDC struct {
	Issuer       string `name:"oidc-issuer" placeholder:"URL" env:"TACET_OIDC_ISSUER" help:"Let people sign in with this issuer of OpenID Connect, as https://login.example.org: they make accounts, invite others, and have nothing of yours. Default: nobody but you, by a one-time link."`
	ClientID     string `name:"oidc-client-id" placeholder:"TEXT" env:"TACET_OIDC_CLIENT_ID" help:"The id that the issuer knows this platform by. What it is to allow as redirect URI: the platform's address and /v1/sign-in/callback."`
	ClientSecret string `name:"oidc-client-secret" placeholder:"TEXT" env:"TACET_OIDC_CLIENT_SECRET" help:"The secret that goes with it, if the issuer has given one. It is safer in TACET_OIDC_CLIENT_SECRET, where no list of processes shows it."`
}

// Validate returns nil, or what is wrong with the settings. It does not repeat
// them.
func (o *OIDC) Validate() error {
	switch {
	case o.Issuer == "" && (o.ClientID != "" || o.ClientSecret != ""):
		return errors.New("--oidc-client-id and --oidc-client-secret belong to an issuer: say --oidc-issuer, too")
	case o.Issuer == "":
		return nil
	case o.ClientID == "":
		return errors.New("--oidc-issuer needs --oidc-client-id, the id that the issuer knows this platform by")
	}
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return errors.New("--oidc-issuer must be a URL that begins with https://, as the issuer itself says it")
	}
	return nil
}
