package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tacet/infra/apiclient"
)

// accountDelete deletes an account.
type accountDelete struct {
	inAccount
	outcome
	Confirm string `placeholder:"PHRASE" help:"The phrase that the server asks for, instead of being asked: it is good for ten minutes."`
}

func (accountDelete) example() string {
	return `  tacet account delete
  tacet account delete --certificate gone.json && tacet account verify-deletion gone.json

Shows what will be lost, and asks for a phrase. The key that everything is
encrypted with is destroyed first: from then on nobody can read it, copies and
backups included. Then every store is swept, and a certificate says so.
Download what you want to keep before: tacet account export.
`
}

// challenge is what a server says before it deletes.
type challenge struct {
	Phrase  string    `json:"phrase"`
	Expires time.Time `json:"expires"`
	Request string    `json:"request"` // what the deletion can be followed by, once it has begun
	Apps    int       `json:"apps"`
	Members int       `json:"members"`
}

// Run deletes the account.
func (a accountDelete) Run(ctx context.Context, c *console) error {
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	if err := r.renew(ctx); err != nil {
		return err
	}
	asked := challenge{Phrase: a.Confirm}
	if a.Confirm == "" {
		if asked, err = a.ask(ctx, c, r); err != nil {
			return err
		}
	}
	request, err := r.deletion(ctx, asked)
	if err != nil {
		return err
	}
	c.say("The account is being deleted; its key is destroyed. The request's number is %s.", request)
	if a.Wait <= 0 {
		c.say("It goes on without you; what came of it: %s account follow-deletion %s%s", c.program, request, r.again)
		return nil
	}
	return a.await(ctx, c, a.anybody, request, a.JSON)
}

// deletion begins the deletion, and returns what it can be followed by. If no
// answer came, it may have begun: then the number is known that it has.
func (r *room) deletion(ctx context.Context, asked challenge) (request string, err error) {
	answer, err := r.client.Do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path(), Body: map[string]string{"phrase": asked.Phrase}})
	var lost *apiclient.Unreachable
	if errors.As(err, &lost) && asked.Request != "" && ctx.Err() == nil {
		if _, failed := r.get(ctx, "/v1/deletions/"+url.PathEscape(asked.Request), new(deletion)); failed == nil {
			return asked.Request, nil
		}
	}
	if err != nil {
		return "", r.explain(ctx, err)
	}
	var begun struct{ Request string }
	return begun.Request, answer.Into(&begun)
}

// ask shows what will be lost, and returns the phrase when somebody has typed
// it.
func (a accountDelete) ask(ctx context.Context, c *console, r *room) (x challenge, err error) {
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodPost, Path: r.path("deletion")})
	if err != nil {
		return x, err
	}
	if err := answer.Into(&x); err != nil {
		return x, err
	}
	c.say("Account %s will be gone for good, for everybody: %d application(s) with keys and telemetry, %d member(s), "+
		"profile, payment details, access tokens, activity log. Nobody can bring it back.", r.id, x.Apps, x.Members)
	if !isTerminal(c.in) {
		return x, fmt.Errorf("nothing is deleted: say --confirm %s until %s", quote(x.Phrase), x.Expires.Local().Format(time.TimeOnly))
	}
	return x, c.confirmed(ctx, "", x.Phrase)
}
