package command

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"tacet/infra/apiclient"
)

// accountSignIn signs in at a platform elsewhere.
type accountSignIn struct {
	URL       string        `name:"url" placeholder:"URL" help:"Where the HTTP API is: https://HOST."`
	Link      string        `arg:"" optional:"" help:"A one-time link, as tacet run prints it on its terminal."`
	NoBrowser bool          `help:"Print the address to open instead of opening it. The browser must be on this machine."`
	Timeout   time.Duration `default:"5m" help:"How long to wait for the browser."`
}

func (accountSignIn) example() string {
	return `  tacet account sign-in --url https://HOST
  tacet account sign-in 'https://HOST/console/#sign-in=SECRET'

The session is kept for twelve hours, in a file that only you can read; other
commands find it by --url (or TACET_URL). On the machine of the platform itself
nobody needs to sign in.
`
}

// Run signs in, and keeps the session.
func (a accountSignIn) Run(ctx context.Context, c *console) error {
	address, secret, err := a.link()
	if err != nil {
		return err
	}
	base, err := base(address)
	if err != nil {
		return err
	}
	o := &office{client: &apiclient.Client{Base: base, HTTP: client(nil)}, again: " --url " + quote(base)}
	if here, err := running(""); err == nil && here.HTTP == base {
		o.client.HTTP = client(here.Certificate)
	}
	var s apiclient.Session
	if secret != "" {
		s, err = o.client.WithLink(ctx, secret)
	} else {
		s, err = a.browse(ctx, c, o)
	}
	switch {
	case apiclient.Is(err, http.StatusUnauthorized): // who is told to sign in has just tried
		return errors.New(printable(err.Error()))
	case err != nil:
		return o.explain(ctx, err)
	}
	if err := keepSession(base, s, time.Now()); err != nil {
		return err
	}
	c.say("You are signed in at %s until %s.", base, day(s.Expires))
	return nil
}

// link returns the address and the secret of a one-time link, or the address
// only.
func (a accountSignIn) link() (address, secret string, err error) {
	if a.Link == "" {
		if a.URL == "" {
			return "", "", misused("say where: --url https://HOST, or the one-time link that tacet run prints")
		}
		return a.URL, "", nil
	}
	u, err := url.Parse(a.Link)
	if err != nil || u.Host == "" {
		return "", "", misused("this is no one-time link: it looks like https://HOST/console/#sign-in=SECRET")
	}
	fragment, err := url.ParseQuery(u.Fragment)
	if err != nil || fragment.Get("sign-in") == "" {
		return "", "", misused("this is no one-time link: it looks like https://HOST/console/#sign-in=SECRET")
	}
	return u.Scheme + "://" + u.Host, fragment.Get("sign-in"), nil
}

// browse lets somebody sign in at the issuer with a browser, which comes back
// to a listener here with a code. The code is of no use without the verifier,
// which never leaves this process but for the platform (RFC 7636, RFC 8252).
func (a accountSignIn) browse(ctx context.Context, c *console, o *office) (apiclient.Session, error) {
	if err := hasIssuer(ctx, o); err != nil {
		return apiclient.Session{}, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return apiclient.Session{}, fmt.Errorf("no address of this machine is free for the browser to come back to: %w", err)
	}
	back := &comeback{came: make(chan url.Values, 1)}
	server := &http.Server{Handler: back, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // until it is closed
	defer func() { _ = server.Close() }()

	verifier := rand.Text() + rand.Text() // 52 characters; RFC 7636 asks for 43 at least
	sum := sha256.Sum256([]byte(verifier))
	_, port, _ := net.SplitHostPort(listener.Addr().String()) // ours
	address := o.client.Base + "/v1/sign-in?" + url.Values{"port": {port}, "challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}.Encode()
	if a.NoBrowser || openBrowser(ctx, address) != nil {
		c.say("Open this in a browser on this machine:\n\n  %s\n", address)
	} else {
		c.say("Your browser shows where to sign in. If it does not, open\n\n  %s\n", address)
	}
	bounded, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	select {
	case said := <-back.came:
		if said.Get("code") == "" {
			return apiclient.Session{}, errors.New("nobody was signed in: the issuer has refused, or it was cancelled")
		}
		return o.client.WithCode(ctx, said.Get("code"), verifier)
	case <-bounded.Done():
		if ctx.Err() != nil {
			return apiclient.Session{}, errors.New("interrupted: nobody was signed in")
		}
		return apiclient.Session{}, fmt.Errorf("the browser has not come back within %s: does %s have an issuer, is the browser on this machine?", a.Timeout, o.client.Base)
	}
}

// hasIssuer returns nil if the platform would send a browser to an issuer: else
// somebody would wait for a browser that shows an error.
func hasIssuer(ctx context.Context, o *office) error {
	_, err := o.client.Do(ctx, apiclient.Request{Method: http.MethodGet, Path: "/v1/sign-in"})
	if apiclient.Is(err, http.StatusFound) {
		return nil
	}
	return err
}

// comeback is where the browser comes back to, once.
type comeback struct{ came chan url.Values }

// ServeHTTP takes the code, and tells the person to go on in the terminal.
func (b *comeback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said := r.URL.Query()
	if r.URL.Path != "/" || said.Get("code") == "" && said.Get("error") == "" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer")
	fmt.Fprintln(w, "You can close this page, and go on in the terminal.")
	select {
	case b.came <- said:
	default: // a second time: the first counts
	}
}

// openBrowser opens an address in the browser of whoever sits here.
func openBrowser(ctx context.Context, address string) error {
	command, before := "xdg-open", []string(nil)
	switch runtime.GOOS {
	case "darwin":
		command = "open"
	case "windows":
		command, before = "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	cmd := exec.CommandContext(ctx, command, append(before, address)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// accountSignOut ends a session.
type accountSignOut struct {
	URL string `name:"url" placeholder:"URL" required:"" help:"Where the HTTP API is: https://HOST."`
}

func (accountSignOut) example() string { return "  tacet account sign-out --url https://HOST\n" }

// Run ends the session there, and forgets it here.
func (a accountSignOut) Run(ctx context.Context, c *console) error {
	base, err := base(a.URL)
	if err != nil {
		return err
	}
	token, err := sessionAt(base, time.Now())
	if err != nil {
		c.say("You have no session at %s.", base)
		return nil
	}
	o := &office{client: &apiclient.Client{Base: base, Token: token, HTTP: client(nil)}}
	if err := o.explain(ctx, o.client.SignOut(ctx)); err != nil {
		return err
	}
	if err := keepSession(base, apiclient.Session{}, time.Now()); err != nil {
		return err
	}
	c.say("You are signed out at %s.", base)
	return nil
}

// accountLink prints a one-time link.
type accountLink struct {
	Data string `type:"path" placeholder:"DIR" help:"Data folder of the platform on this machine. Default: ${data}, then .tacet in the folder at hand."`
	JSON asJSON `name:"json" help:"Print an object that says until when it is good, too."`
}

func (accountLink) example() string {
	return `  tacet account link

For the console in a browser, or for tacet account sign-in on another machine.
Good once, for 15 minutes: whoever has it is who runs the platform.
`
}

// Run prints the link.
func (a accountLink) Run(ctx context.Context, c *console) error {
	o, err := managed{Data: a.Data}.find()
	if err != nil {
		return err
	}
	answer, err := o.do(ctx, apiclient.Request{Method: http.MethodPost, Path: linksPath})
	if err != nil {
		return err
	}
	return show(c, a.JSON, answer, func(x linkRecord) error {
		fmt.Fprintln(c.out, x.Link)
		c.say("Good once, until %s.", x.Expires.Local().Format(time.TimeOnly))
		return nil
	})
}

// linksPath is where a platform on one machine makes one-time links.
const linksPath = "/v1/links"

type linkRecord struct {
	Link    string    `json:"link"`
	Expires time.Time `json:"expires"`
}

// renew makes sure that whoever runs the platform has just signed in: what
// cannot be undone asks for it. Elsewhere a person has to.
func (o *office) renew(ctx context.Context) error {
	if !o.local {
		return nil
	}
	answer, err := o.client.Do(ctx, apiclient.Request{Method: http.MethodPost, Path: linksPath})
	if apiclient.Is(err, http.StatusNotFound) {
		return nil // as on AWS, where the session that stands in the file is young
	}
	if err != nil {
		return o.explain(ctx, err)
	}
	var x linkRecord
	if err := answer.Into(&x); err != nil {
		return err
	}
	_, secret, _ := strings.Cut(x.Link, "#sign-in=")
	fresh, err := o.client.WithLink(ctx, secret)
	if err != nil {
		return o.explain(ctx, err)
	}
	renewed := *o.client
	renewed.Token = fresh.Token
	o.client = &renewed
	return nil
}
