package paths

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tacet/core/grant"
	"tacet/infra/apiclient"
	"tacet/infra/canary"
)

// errNoAccounts is why a path is left out that needs an application of its own.
const errNoAccounts = errSkip("nobody was signed in who could make an application for it")

var accountPaths = []path{
	{"account: profile, payment, invitation, application, keys, access token", (*Sender).makeAccount},
	{"account: an application with blinded names, one of the smallest plan", (*Sender).makeApps},
	{"account: refused requests: not JSON, wrong fields, nothing there", (*Sender).badAccounts},
	{"account: download, for its owner", (*Sender).download},
}

// account makes a request about the account that was made.
func (s *Sender) account(method, rest string, body any) request {
	return request{method: method, path: "/v1/accounts/" + s.made.account + rest, token: s.Session, body: body, header: map[string]string{
		"If-Match": "*", "Idempotency-Key": apiclient.NewKey() + s.m(canary.Header),
	}}
}

func (s *Sender) makeAccount(ctx context.Context) error {
	if s.Session == "" {
		return errSkip("nobody was signed in")
	}
	var id struct{ ID string }
	profile := map[string]any{"fullName": s.m(canary.Name), "email": s.m(canary.Email), "ageRange": "35-49"}
	r := s.account("POST", "", map[string]any{"profile": profile})
	r.path = "/v1/accounts"
	if err := s.get(ctx, r, &id); err != nil {
		return err
	}
	s.made.account = id.ID
	r.body = map[string]any{"profile": map[string]any{"fullName": "Somebody Else", "email": "else@example.org"}}
	r.header = map[string]string{"Idempotency-Key": apiclient.NewKey()}
	if err := s.get(ctx, r, &id); err != nil {
		return err
	}
	s.made.other = id.ID
	return errors.Join(
		s.get(ctx, s.account("PATCH", "", map[string]any{"profile": profile}), nil),
		s.get(ctx, s.account("PUT", "/payment", map[string]any{"reference": s.m(canary.Label), "brand": "visa", "lastFour": "4242", "expires": "2031-07"}), nil),
		s.get(ctx, s.account("POST", "/invitations", map[string]any{"email": s.m(canary.Invited), "role": "viewer"}), nil),
		s.get(ctx, s.account("POST", "/tokens", map[string]any{"name": s.m(canary.Label)}), nil),
		s.get(ctx, s.account("GET", "/activity", nil), nil),
	)
}

func (s *Sender) makeApps(ctx context.Context) error {
	if s.made.account == "" {
		return errNoAccounts
	}
	var err error
	if s.made.blind, err = s.makeApp(ctx, map[string]any{"name": s.m(canary.Label), "plan": "unlimited", "settings": map[string]any{"blindTopics": true, "violations": "error"}}); err != nil {
		return err
	}
	s.made.small, err = s.makeApp(ctx, map[string]any{"name": s.m(canary.Label), "settings": map[string]any{"violations": "error"}})
	return err
}

// makeApp makes an application with keys.
func (s *Sender) makeApp(ctx context.Context, what map[string]any) (*application, error) {
	var id struct{ ID string }
	if err := s.get(ctx, s.account("POST", "/apps", what), &id); err != nil {
		return nil, err
	}
	a := &application{id: id.ID}
	for kind, signer := range map[string]*Signer{"client": &a.client, "admin": &a.admin} {
		var key struct{ Secret string }
		if err := s.get(ctx, s.account("POST", "/apps/"+id.ID+"/keys", map[string]any{"kind": kind}), &key); err != nil {
			return nil, err
		}
		signer.Secret = grant.NewSecret(key.Secret)
	}
	return a, nil
}

func (s *Sender) badAccounts(ctx context.Context) error {
	if s.made.account == "" {
		return errNoAccounts
	}
	email, name := s.m(canary.Email), s.m(canary.Name)
	var all []error
	for _, r := range []request{
		s.account("PATCH", "", []byte(`{"profile":{"fullName":"`+name+`","email":"`+email)),
		s.account("PATCH", "", map[string]any{"profile": map[string]any{"fullName": name, "email": "no address " + name}}),
		s.account("PATCH", "", map[string]any{"profile": map[string]any{name: email}}),
		s.account("PATCH", "", map[string]any{"profile": map[string]any{"fullName": name, "email": email, "ageRange": name}}),
		s.account("POST", "/invitations", map[string]any{"email": name, "role": s.m(canary.Label)}),
		s.account("POST", "/apps", map[string]any{"name": s.m(canary.Label), "plan": s.m(canary.Label)}),
		s.account("POST", "/apps", []byte("\xff"+name)),
		s.account("GET", "/apps/"+s.m(canary.Path), nil),
		s.account("GET", "/members/"+s.m(canary.Path), nil),
		s.account("DELETE", "", map[string]any{"phrase": name}),
		{method: "GET", path: "/v1/accounts/" + s.m(canary.Path), token: s.Session},
		{method: "POST", path: "/v1/invitations/" + s.m(canary.Path) + "/accept", token: s.Session},
	} {
		all = append(all, s.expect(ctx, r, 400, 401, 403, 404, 405, 409, 412, 415, 422))
	}
	return errors.Join(all...)
}

// download asks for what is held about the account, which holds the profile.
func (s *Sender) download(ctx context.Context) error {
	content, err := s.export(ctx, s.made.account)
	if err == nil && !bytes.HasPrefix(content, []byte("PK")) {
		err = errors.New("the download is no ZIP")
	}
	return err
}

// Export returns the download of another account than the one that has the
// markers, nil if there is none.
func (s *Sender) Export(ctx context.Context) (content []byte, err error) {
	s.take(ctx, "account: download, of somebody else", func(ctx context.Context) error {
		content, err = s.export(ctx, s.made.other)
		return err
	})
	return content, err
}

func (s *Sender) export(ctx context.Context, account string) ([]byte, error) {
	if account == "" {
		return nil, errNoAccounts
	}
	at := "/v1/accounts/" + account + "/exports"
	var asked struct{ Request string }
	q := request{method: "POST", path: at, token: s.Session, body: map[string]any{"scope": "account"}, header: map[string]string{"Idempotency-Key": apiclient.NewKey()}}
	if err := s.get(ctx, q, &asked); err != nil {
		return nil, err
	}
	status, content, err := s.ask(ctx, request{
		method: "GET", path: at + "/" + asked.Request, token: s.Session,
		header: map[string]string{"Content-Disposition": `attachment; filename="` + s.m(canary.FileName) + `.zip"`},
	})
	if err == nil && status != 200 {
		err = fmt.Errorf("the download: status %d", status)
	}
	return content, err
}

// Backup returns a backup of the platform of this machine.
func (s *Sender) Backup(ctx context.Context) (content []byte, err error) {
	s.take(ctx, "operator: backup while it runs", func(ctx context.Context) error {
		if s.Session == "" || s.AWS {
			return errSkip("there is no such backup")
		}
		var status int
		status, content, err = s.ask(ctx, request{method: "GET", path: "/v1/operator/backup", token: s.Session})
		if err == nil {
			err = want("status of the backup", status, 200)
		}
		return err
	})
	return content, err
}
