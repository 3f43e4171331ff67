package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"tacet/infra/apiclient"
)

// accountDelete deletes an account.
type accountDelete struct {
	inAccount
	Confirm     string        `placeholder:"PHRASE" help:"The phrase that the server asks for, instead of being asked: it is good for ten minutes."`
	Certificate string        `type:"path" placeholder:"FILE" help:"Where to write the certificate of the deletion. Default: tacet-deletion-REQUEST.json here."`
	Wait        time.Duration `default:"1h" help:"How long to wait for the certificate. 0s waits for nothing: the deletion goes on without you."`
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
	phrase := a.Confirm
	if phrase == "" {
		if phrase, err = a.ask(ctx, c, r); err != nil {
			return err
		}
	}
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodDelete, Path: r.path(), Body: map[string]string{"phrase": phrase}})
	if err != nil {
		return err
	}
	var asked struct{ Request string }
	if err := answer.Into(&asked); err != nil {
		return err
	}
	c.say("The account is being deleted; its key is destroyed. The request's number is %s.", asked.Request)
	if a.Wait <= 0 {
		c.say("What came of it: %s/v1/deletions/%s", r.client.Base, asked.Request)
		return nil
	}
	return a.await(ctx, c, r, asked.Request)
}

// ask shows what will be lost, and returns the phrase when somebody has typed
// it.
func (a accountDelete) ask(ctx context.Context, c *console, r *room) (string, error) {
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodPost, Path: r.path("deletion")})
	if err != nil {
		return "", err
	}
	var x challenge
	if err := answer.Into(&x); err != nil {
		return "", err
	}
	c.say("Account %s will be gone for good, for everybody: %d application(s) with keys and telemetry, %d member(s), "+
		"profile, payment details, access tokens, activity log. Nobody can bring it back.", r.id, x.Apps, x.Members)
	if !isTerminal(c.in) {
		return "", fmt.Errorf("nothing is deleted: say --confirm %s until %s", quote(x.Phrase), x.Expires.Local().Format(time.TimeOnly))
	}
	return x.Phrase, c.confirmed(ctx, "", x.Phrase)
}

// deletion is what came of a request so far.
type deletion struct {
	Stage       string           `json:"stage"`
	Step        string           `json:"step"`
	Counts      map[string]int64 `json:"counts"`
	Certificate json.RawMessage  `json:"certificate"`
}

// await follows the deletion to its end, and keeps the certificate.
func (a accountDelete) await(ctx context.Context, c *console, r *room, request string) error {
	bounded, cancel := context.WithTimeout(ctx, a.Wait)
	defer cancel()
	progress := c.progress()
	defer progress("")
	where := "/v1/deletions/" + url.PathEscape(request)
	stranger := *r.client
	stranger.Token = "" // who it was for is gone; the number is what opens it
	r = &room{&office{client: &stranger}, r.id}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var d deletion
		if _, err := r.get(bounded, where, &d); err != nil && bounded.Err() == nil {
			return fmt.Errorf("the deletion goes on; what came of it could not be read: %w", err)
		}
		switch {
		case d.Stage == "completed" && len(d.Certificate) > 0:
			progress("")
			return a.keep(c, request, d)
		case d.Stage == "failed":
			return fmt.Errorf("the deletion has failed at the step %s, after the key was destroyed: tell whoever runs the platform the number %s", d.Step, request)
		}
		progress(fmt.Sprintf("deleting: %s", d.Step))
		select {
		case <-bounded.Done():
			return errors.New("the deletion goes on without you; its certificate will be at " + r.client.Base + where)
		case <-time.After(pause):
		}
	}
}

// keep writes the certificate as the server sent it.
func (a accountDelete) keep(c *console, request string, d deletion) error {
	file := a.Certificate
	if file == "" {
		file = "tacet-deletion-" + request + ".json"
	}
	err := newFile(file, func(f *os.File) error {
		_, err := f.Write(append(d.Certificate, '\n'))
		return err
	})
	if err != nil {
		c.say("The account is deleted, but its certificate could not be kept (%v): here it is.", err)
		return c.line(d.Certificate)
	}
	if a.JSON {
		return c.line(d.Certificate)
	}
	c.say("The account is deleted. The certificate is in %s; check it with\n\n  %s account verify-deletion %[1]s", quote(file), c.program)
	return nil
}
