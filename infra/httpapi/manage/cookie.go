package manage

import (
	"net/http"
	"time"

	"tacet/core/fault"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// cookieName is that of the cookie that holds a session. Browsers take one that
// begins with __Host- only if it is Secure and of exactly this host, so that no
// neighbour can plant one.
func (a API) cookieName() string {
	if a.Loopback {
		return "tacet"
	}
	return "__Host-tacet"
}

// cookie returns a cookie for this host, which scripts cannot read. An empty
// value takes it back.
func (a API) cookie(name, value string, life time.Duration, site http.SameSite) *http.Cookie {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), Secure: !a.Loopback, HttpOnly: true, SameSite: site,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// shown returns the token that the request shows, "" for none.
func (c *call) shown() string { return shown(c.Request, c.s.cookieName()) }

func shown(r *http.Request, cookieName string) string {
	if token := door.Bearer(r); token != "" {
		return token
	}
	if cookie, err := r.Cookie(cookieName); err == nil {
		return cookie.Value
	}
	return ""
}

// credential returns the token that the request shows. A change with a cookie
// must come from a page of ours: SameSite is what a browser promises, and this
// is what we look at ourselves.
func (c *call) credential() (string, error) {
	token := c.shown()
	switch {
	case token == "":
		return "", &fault.Error{Kind: fault.Unauthenticated, Text: "sign in first: this needs the header Authorization: Bearer with the token of a session or an access token"}
	case c.Bearer() == "" && !c.safe() && c.Request.Header.Get("X-Tacet") != "1" && c.Request.Header.Get("Sec-Fetch-Site") != "same-origin":
		return "", &fault.Error{Kind: fault.Forbidden, Code: wire.CodeCrossSite, Text: "a change with the session's cookie needs the header X-Tacet: 1"}
	}
	return token, nil
}

// mayKeep returns nil if a cookie with a session may be given to who asks: to a
// page of ours, or to no browser. Else another page could sign somebody in as
// whom it likes, and see what he does there. Browsers of today all say where a
// request is from.
func (c *call) mayKeep() error {
	switch c.Request.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return nil
	}
	return &fault.Error{Kind: fault.Forbidden, Code: wire.CodeCrossSite, Text: "a session is kept in a cookie for pages of this host only"}
}

// safe reports whether the request changes nothing.
func (c *call) safe() bool {
	return c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
}
