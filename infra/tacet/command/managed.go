package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tacet/infra/apiclient"
	"tacet/infra/local/site"
)

// managed is the flags that say which platform's accounts to deal with, and as
// whom.
type managed struct {
	URL   string `name:"url" placeholder:"URL" help:"Where the HTTP API is: https://HOST. Default: the platform that runs on this machine, as the one who runs it."`
	Token string `placeholder:"TOKEN" help:"Access token to show at --url (tacet account token create makes one). It is safer in TACET_TOKEN, where no list of processes shows it. Default: the session that tacet account sign-in has left for --url."`
	Data  string `type:"path" placeholder:"DIR" help:"Data folder of the platform on this machine. Default: ${data}, then .tacet in the folder at hand."`
	JSON  asJSON `name:"json" help:"Print the server's answer as JSON, a line for each thing that is listed."`
}

// office is a platform's API of accounts, and who deals with it.
type office struct {
	client *apiclient.Client
	again  string // the flags by which other commands get here
	local  bool   // it runs on this machine, and who calls runs it
}

// find returns the office. Where a token goes is said as in target.find: an
// address that stands in a file gets the token beside it only if it leads to
// this machine, or if whoever typed the command said the same.
func (m managed) find() (*office, error) {
	if m.Token != "" && m.URL == "" {
		return nil, misused("a token needs the address that it is for: say --url, or set TACET_URL, too; " +
			"or unset TACET_TOKEN, and the platform of this machine is used by the one who runs it")
	}
	if strings.HasPrefix(m.Token, "eyJ") {
		return nil, misused("this is a token of an application, which connects and publishes; accounts need an access token (tacet_t_…), " +
			"which tacet account token create makes: set TACET_TOKEN to one, or unset it")
	}
	here, failure := running(m.Data)
	if m.URL == "" {
		if failure != nil {
			return nil, failure
		}
		o, err := officeHere(here, "")
		if err == nil && m.Data != "" {
			o.again = " --data " + quote(m.Data)
		}
		return o, err
	}
	base, err := base(m.URL)
	if err != nil {
		return nil, err
	}
	o := &office{client: &apiclient.Client{Base: base, Token: m.Token, HTTP: client(nil)}, again: " --url " + quote(base)}
	switch {
	case m.Token != "":
		return o, nil
	case failure == nil && here.HTTP == base:
		return officeHere(here, o.again)
	}
	o.client.Token, err = sessionAt(base, time.Now())
	return o, err
}

// officeHere returns the office of the platform on this machine. With again the
// address was typed, else it stands in a file only.
func officeHere(here site.Running, again string) (*office, error) {
	e, err := at(here.WebSocket)
	switch {
	case err != nil || here.HTTP == "":
		return nil, fmt.Errorf("%s of the platform on this machine is damaged: say --url, and sign in there", noteName)
	case again == "" && !e.here():
		return nil, fmt.Errorf("the platform on this machine is reached at %s, which may be anywhere: say so with --url %s (or TACET_URL)",
			printable(e.websocket.Host), quote(here.HTTP))
	case here.Session == "":
		return nil, errors.New("the platform on this machine has no accounts: it was started by an older tacet")
	}
	return &office{client: &apiclient.Client{Base: here.HTTP, Token: here.Session, HTTP: client(here.Certificate)}, again: again, local: true}, nil
}

// base returns what paths are appended to. Whoever has set TACET_URL for
// tacet subscribe is understood where both are at the same place.
func base(text string) (string, error) {
	wrong := misused("--url must look like https://HOST, as the stack's output HttpUrl says it")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", wrong // the parser's error repeats the address, which may hold a token
	}
	switch scheme := map[string]string{"ws": "http", "wss": "https"}[u.Scheme]; {
	case scheme != "" && strings.HasPrefix(u.Path, "/apps/"):
		return scheme + "://" + u.Host, nil
	case u.Scheme != "http" && u.Scheme != "https", strings.Trim(u.Path, "/") != "":
		return "", wrong
	}
	return u.Scheme + "://" + u.Host, nil
}

// do makes a request.
func (o *office) do(ctx context.Context, r apiclient.Request) (*apiclient.Answer, error) {
	answer, err := o.client.Do(ctx, r)
	return answer, o.explain(ctx, err)
}

// get reads something into v, and returns its version.
func (o *office) get(ctx context.Context, path string, v any) (version string, err error) {
	answer, err := o.do(ctx, apiclient.Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return "", err
	}
	return answer.Version(), answer.Into(v)
}

// explain says of an error what a person can do about it.
func (o *office) explain(ctx context.Context, err error) error {
	var nobody *apiclient.Unreachable
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.New("interrupted: whether the server did what was asked is not known")
	case errors.As(err, &nobody):
		return unreachable(nobody.Host, nobody.Err)
	case apiclient.Is(err, http.StatusUnauthorized) && o.client.Token == "":
		return fmt.Errorf("sign in first: tacet account sign-in%s", o.again)
	case apiclient.Is(err, http.StatusUnauthorized) && strings.HasPrefix(o.client.Token, "tacet_s_") && !o.local:
		return fmt.Errorf("%s: sign in again: tacet account sign-in%s", printable(err.Error()), o.again)
	case apiclient.Is(err, http.StatusPreconditionFailed):
		return fmt.Errorf("somebody else has changed this meanwhile: look at it, and do it again (%s)", printable(err.Error()))
	}
	return errors.New(printable(err.Error()))
}

// show prints an answer as JSON, or lets f print what it says for people.
func show[T any](c *console, asJSON asJSON, answer *apiclient.Answer, f func(T) error) error {
	if asJSON {
		return c.line(json.RawMessage(answer.Body))
	}
	var v T
	if err := answer.Into(&v); err != nil {
		return err
	}
	return f(v)
}
