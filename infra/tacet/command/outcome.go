package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"tacet/infra/apiclient"
)

// accountFollowDeletion follows a deletion that has begun.
type accountFollowDeletion struct {
	outcome
	Request string `arg:"" help:"The number of the deletion, as tacet account delete has told it."`
	URL     string `name:"url" placeholder:"URL" help:"Where the HTTP API is: https://HOST. Default: the platform that runs on this machine."`
	Data    string `type:"path" placeholder:"DIR" help:"Data folder of the platform on this machine. Default: ${data}, then .tacet in the folder at hand."`
	JSON    asJSON `name:"json" help:"Print the certificate, too."`
}

func (accountFollowDeletion) example() string {
	return `  tacet account follow-deletion 0123456789abcdef0123456789abcdef --url https://HOST

Waits for the certificate of a deletion, and keeps it. Whoever has the number
may do that, for a year: nobody is left who could sign in.
`
}

// Run waits for the certificate.
func (a accountFollowDeletion) Run(ctx context.Context, c *console) error {
	return a.await(ctx, c, func() (*office, error) { return anybody(a.URL, a.Data) }, a.Request, a.JSON)
}

// anybody returns the office for somebody without a token.
func (m managed) anybody() (*office, error) { return anybody(m.URL, m.Data) }

// anybody returns the office at an address, else that of this machine, for
// somebody without a token.
func anybody(address, data string) (*office, error) {
	if address == "" {
		o, err := managed{Data: data}.find()
		if err != nil {
			return nil, err
		}
		return o.stranger(), nil
	}
	base, err := base(address)
	if err != nil {
		return nil, err
	}
	return &office{client: &apiclient.Client{Base: base, HTTP: client(nil)}, again: " --url " + quote(base)}, nil
}

// stranger returns the office for somebody without a token: who a deletion was
// for is gone, and its number opens it.
func (o *office) stranger() *office {
	copied, client := *o, *o.client
	client.Token, copied.client, copied.local = "", &client, false
	return &copied
}

// outcome is the flags for what comes of a deletion.
type outcome struct {
	Certificate string        `type:"path" placeholder:"FILE" help:"Where to write the certificate of the deletion. Default: tacet-deletion-REQUEST.json here."`
	Wait        time.Duration `default:"1h" help:"How long to wait for the certificate; the deletion goes on without you."`
}

// deletion is what came of a request so far.
type deletion struct {
	Stage       string          `json:"stage"`
	Step        string          `json:"step"`
	Done        int             `json:"done"`
	Steps       int             `json:"steps"`
	Certificate json.RawMessage `json:"certificate"`
}

// await follows the deletion to its end, and keeps the certificate. A platform
// that starts again meanwhile goes on with it, maybe at another address.
func (x outcome) await(ctx context.Context, c *console, find func() (*office, error), request string, asJSON asJSON) error {
	o, err := find()
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, x.Wait)
	defer cancel()
	progress := c.progress()
	defer progress("")
	where := "/v1/deletions/" + url.PathEscape(request)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		var d deletion
		answer, err := o.client.Do(bounded, apiclient.Request{Method: "GET", Path: where})
		var lost *apiclient.Unreachable
		switch {
		case err == nil:
			err = answer.Into(&d)
		case errors.As(err, &lost):
			progress("nobody answers; trying again")
			if err = nil; bounded.Err() == nil {
				if again, found := find(); found == nil {
					o = again
				}
			}
		}
		switch {
		case err != nil && bounded.Err() == nil:
			return fmt.Errorf("what came of the deletion could not be read: %w", o.explain(ctx, err))
		case d.Stage == "completed" && len(d.Certificate) > 0:
			progress("")
			return x.keep(ctx, c, o, request, d, asJSON)
		case d.Stage == "failed":
			return fmt.Errorf("the deletion has failed, after the key was destroyed: tell whoever runs the platform its number, %s", request)
		case d.Stage != "":
			progress(fmt.Sprintf("deleting: %s (%d of %d steps are done)", printable(d.Step), d.Done, d.Steps))
		}
		select {
		case <-bounded.Done():
			return fmt.Errorf("the deletion goes on without you; what came of it: %s account follow-deletion %s%s", c.program, request, o.again)
		case <-time.After(pause):
		}
	}
}

// keep writes the certificate as the server sent it.
func (x outcome) keep(ctx context.Context, c *console, o *office, request string, d deletion, asJSON asJSON) error {
	file := x.Certificate
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
	if asJSON {
		return c.line(d.Certificate)
	}
	key := ""
	if fingerprint, err := o.certificateKey(ctx); err == nil { // else it is compared later
		key = " --key " + fingerprint
	}
	c.say("The account is deleted. The certificate is in %[1]s; anybody can check it, now or in years:\n\n"+
		"  %[2]s account verify-deletion %[1]s%[3]s", quote(file), c.program, key)
	return nil
}
