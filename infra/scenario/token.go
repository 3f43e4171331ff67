package scenario

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const otherApp = "0123456789abcdef0123456789abcdef"

// token returns the token that o describes, of the person who.
func (p *player) token(o options, who string, isAdmin bool) (string, error) {
	switch {
	case o.token == "none":
		return "", nil
	case o.token != "":
		return o.token, nil
	}
	if o.subject != "" {
		who = o.subject
	}
	claims, err := o.payload(p.subject(who))
	if err != nil {
		return "", err
	}
	name := o.key
	switch {
	case name == "" && isAdmin:
		name = admin
	case name == "" || name == "public":
		name = first
	}
	if _, ok := p.place.Keys[name]; !ok && name == stranger {
		if err := p.place.Keys.add(stranger, p.place.Keys[first].alg); err != nil {
			return "", err
		}
	}
	k, ok := p.place.Keys[name]
	if !ok {
		return "", fmt.Errorf("there is no key %q here", name)
	}
	alg, sign := string(k.alg), k.sign
	if o.alg != "" {
		alg = o.alg
	}
	switch {
	case alg == "none":
		sign = jwt.UnsafeAllowNoneSignatureType
	case o.key == "public": // what everybody knows, taken for a secret
		sign = []byte(k.text)
	}
	method := jwt.GetSigningMethod(alg)
	if method == nil {
		return "", fmt.Errorf("there is no algorithm %q", alg)
	}
	t := jwt.NewWithClaims(method, claims)
	if o.id != "" {
		t.Header["kid"] = o.id
	}
	return t.SignedString(sign)
}

// payload returns the claims.
func (o options) payload(subject string) (jwt.MapClaims, error) {
	now := time.Now()
	expires := o.expires
	if expires == 0 {
		expires = time.Hour
	}
	claims := jwt.MapClaims{"sub": subject, "exp": now.Add(expires).Unix()}
	if o.starts != 0 {
		claims["nbf"] = now.Add(o.starts).Unix()
	}
	switch {
	case o.bare:
	case o.scope:
		claims["scope"] = strings.Join(o.permissions, " ")
	default:
		claims["permissions"] = append([]string{}, o.permissions...)
	}
	for name, text := range o.claims {
		if text == "none" {
			delete(claims, name)
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, fmt.Errorf("claim %s: %w", name, err)
		}
		claims[name] = value
	}
	return claims, nil
}

// address returns the URL to connect to, and the subprotocols to offer.
func (p *player) address(o options, token string) (string, []string, error) {
	u, err := url.Parse(p.place.WebSocket)
	if err != nil {
		return "", nil, err
	}
	id := string(p.place.App.ID)
	if o.via == "stage" {
		u.Path, u.RawQuery = "/"+cmp.Or(p.place.Stage, "ws"), "app="+id
	}
	switch o.app {
	case "":
	case "none":
		u.RawQuery = strings.Replace(u.RawQuery, "app="+id, "", 1)
	case "other":
		o.app = otherApp
		fallthrough
	default:
		u.Path = strings.Replace(u.Path, id, o.app, 1)
		u.RawQuery = strings.Replace(u.RawQuery, id, url.QueryEscape(o.app), 1)
	}
	offer := o.offer
	switch {
	case o.via == "protocol":
		offer = append([]string{"tacet.v1", token}, offer...)
	case token != "":
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&access_token="+url.QueryEscape(token), "&")
	}
	return u.String(), offer, nil
}

// readable returns the claims of a token for the transcript: no signature.
func readable(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "no token"
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return string(claims)
}
