package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/app"
)

// Token is what is known of an access token.
type Token struct {
	ID      string           `json:"id" example:"0123456789abcdef0123456789abcdef"`
	Name    string           `json:"name" example:"deploy"`
	Member  account.MemberID `json:"member" doc:"Whose it is." example:"0123456789abcdef0123456789abcdef"`
	Scope   []account.Action `json:"scope" doc:"What it may do, as far as its member may; empty is all of that."`
	Apps    []app.ID         `json:"apps" doc:"Which applications it may touch; empty is all."`
	Created time.Time        `json:"created"`
	Expires time.Time        `json:"expires"`
}

// MadeToken is an access token that was made just now.
type MadeToken struct {
	Token
	Secret string `json:"secret,omitempty" doc:"The token itself, for the only time: it is in no other answer, and not in that of a repeated request. Send it as Authorization: Bearer." example:"tacet_t_…"`
}

// NewToken is what an access token is to be.
type NewToken struct {
	Name    string           `json:"name" minLength:"1" maxLength:"100" example:"deploy"`
	Scope   []account.Action `json:"scope,omitzero" doc:"What it may do, as far as you may; without, all of that."`
	Apps    []app.ID         `json:"apps,omitzero" doc:"Which applications it may touch; without, all."`
	Expires time.Time        `json:"expires,omitzero" doc:"A year from now at most; without, in 90 days."`
}

func tokenOf(t account.Token) Token {
	out := Token{t.ID, t.Name, t.Member, t.Scope, t.Apps, t.Created, t.Expires}
	if out.Scope == nil {
		out.Scope = []account.Action{}
	}
	if out.Apps == nil {
		out.Apps = []app.ID{}
	}
	return out
}

const tokensPath = accountPath + "/tokens"

func (s *server) routeTokens() {
	within(s, operation{
		id: "list-tokens", method: http.MethodGet, path: tokensPath, tag: "access tokens", query: pageQuery,
		summary: "List access tokens", text: "Your own, and everybody's with `tokens:manage-any`.", needs: account.ManageTokens,
	}, func(ctx context.Context, c *call, me *account.Caller) (*listOutput[Token], error) {
		page, next, err := me.Tokens(ctx, c.page())
		return listed(page, next, tokenOf), err
	})
	within(s, operation{
		id: "create-token", method: http.MethodPost, path: tokensPath, tag: "access tokens", status: http.StatusCreated, once: true,
		summary: "Create an access token", text: "For programs. It can do what its scope says and you may, never more. It needs a session: no token makes another.", needs: account.ManageTokens,
		body: NewToken{}, example: NewToken{Name: "deploy", Scope: []account.Action{account.ReadApps, account.ManageKeys}},
	}, s.createToken)
	within(s, operation{
		id: "revoke-token", method: http.MethodDelete, path: tokensPath + "/{token}", tag: "access tokens",
		summary: "Revoke an access token", text: "At once. Those of other members need `tokens:manage-any`.", needs: account.ManageTokens,
	}, func(ctx context.Context, c *call, me *account.Caller) (*emptyOutput, error) {
		return &emptyOutput{}, me.RevokeToken(ctx, c.path("token"))
	})
}

func (s *server) createToken(ctx context.Context, c *call, me *account.Caller) (*made[MadeToken], error) {
	once, err := c.once()
	if err != nil {
		return nil, err
	}
	var in NewToken
	if err := c.read(&in); err != nil {
		return nil, err
	}
	fresh, secret, err := me.MakeToken(ctx, account.NewToken(in), once)
	if err != nil {
		return nil, err
	}
	return &made[MadeToken]{Location: c.below(fresh.ID), Body: MadeToken{tokenOf(*fresh), secret}}, nil
}
