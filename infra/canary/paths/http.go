package paths

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"tacet/core/grant"
	"tacet/core/wire"
	"tacet/infra/canary"
)

var httpPaths = []path{
	{"HTTP: publish, and publish a batch", (*Sender).publish},
	{"HTTP: refused publications: not JSON, not UTF-8, too large, no topic, wrong field", (*Sender).badPublications},
	{"HTTP: wrong, expired, foreign and no token", (*Sender).badBearers},
	{"HTTP: topics, connections and telemetry of the application", (*Sender).questions},
	{"HTTP: no such path, method or application", (*Sender).nowhere},
	{"HTTP: OPTIONS and HEAD", (*Sender).otherMethods},
	{"HTTP: public documents", (*Sender).documents},
	{"HTTP: a sign-in callback with a bad code, a bad one-time link, a bad session", (*Sender).badSignIns},
}

func (s *Sender) topics(rest string) string { return "/api/topics/" + s.App + rest }

// post is a publication over HTTP.
func (s *Sender) post(topic string) map[string]any {
	return map[string]any{
		"topic": topic, "id": s.m(canary.MessageID), "messageType": s.m(canary.Kind),
		"message": map[string]any{"text": s.m(canary.Payload)},
	}
}

func (s *Sender) publish(ctx context.Context) error {
	listener, err := s.client(ctx)
	if err != nil {
		return err
	}
	defer listener.CloseNow()
	if err := listener.ask(ctx, "subscribe", map[string]any{"topic": room + "/http", "id": "1"}); err != nil {
		return err
	}
	token, err := s.token(s.Admin, claims{})
	if err != nil {
		return err
	}
	if err := s.expect(ctx, request{method: "POST", path: s.topics("/publish"), token: token, body: s.post(room + "/http")}, 200); err != nil {
		return err
	}
	if _, err := listener.until(ctx, s.m(canary.Payload)); err != nil {
		return err
	}
	batch := []any{s.post(room + "/http"), s.post("priv/" + s.m(canary.PrivTopic)), s.post("no name, " + s.m(canary.PrivTopic)), "no publication, " + s.m(canary.Payload)}
	if err := s.expect(ctx, request{method: "POST", path: s.topics("/publish/batch"), token: token, body: batch}, 200, 400); err != nil {
		return err
	}
	_, err = listener.until(ctx, s.m(canary.Payload))
	return err
}

func (s *Sender) badPublications(ctx context.Context) error {
	token, err := s.token(s.Admin, claims{})
	if err != nil {
		return err
	}
	payload := s.m(canary.Payload)
	var all []error
	for _, body := range []string{
		`{"topic":"` + room + `","message":"` + payload,
		"{\"topic\":\"" + room + "\",\"message\":\"" + payload + "\xff\xfe\"}",
		`{"message":"` + payload + `"}`,
		`{"topic":"` + room + `","message":"` + strings.Repeat(payload, 2*wire.MaxMessage/len(payload)) + `"}`,
		`{"topic":"priv/","message":"` + payload + `"}`,
		`{"topic":"` + room + `","id":{"` + s.m(canary.MessageID) + `":1},"message":"` + payload + `"}`,
		payload, `"` + payload + `"`, "",
	} {
		all = append(all, s.expect(ctx, request{method: "POST", path: s.topics("/publish"), token: token, body: []byte(body)}, 400, 413, 422))
		all = append(all, s.expect(ctx, request{method: "POST", path: s.topics("/publish/batch"), token: token, body: []byte("[" + body + "]")}, 200, 400, 413, 422))
	}
	return errors.Join(all...)
}

func (s *Sender) badBearers(ctx context.Context) error {
	wrong, err := s.token(Signer{Secret: grant.NewSecret(s.m(canary.Claim) + s.m(canary.Claim))}, claims{})
	if err != nil {
		return err
	}
	expired, err := s.token(Signer{Secret: s.Admin.Secret}, claims{expires: -time.Hour})
	if err != nil {
		return err
	}
	ofClient, err := s.token(s.Client, claims{})
	if err != nil {
		return err
	}
	var all []error
	for _, token := range []string{wrong, expired, ofClient, s.m(canary.Claim), ""} {
		all = append(all, s.expect(ctx, request{method: "POST", path: s.topics("/publish"), token: token, body: s.post(room)}, 401, 403))
	}
	good, err := s.token(s.Admin, claims{})
	if err == nil {
		all = append(all, s.expect(ctx, request{method: "POST", path: "/api/topics/00000000000000000000000000000000/publish", token: good, body: s.post(room)}, 401, 403, 404))
	}
	all = append(all, err, s.expect(ctx, request{method: "POST", path: s.topics("/publish"), body: s.post(room), header: map[string]string{"Authorization": "Basic " + s.m(canary.Header)}}, 401))
	return errors.Join(all...)
}

// questions asks for what the application has, by names that are markers.
func (s *Sender) questions(ctx context.Context) error {
	token, err := s.token(s.Admin, claims{})
	if err != nil {
		return err
	}
	var all []error
	for _, path := range []string{
		s.topics(""), s.topics("/" + room), s.topics("/priv/" + s.m(canary.PrivTopic)), s.topics("/no%20name" + s.m(canary.PrivTopic)),
		"/telemetry/aggregates/" + s.App + "/1", "/telemetry/aggregates/" + s.App + "/" + s.m(canary.Path),
		"/telemetry/top-topics/" + s.App + "/1?limit=" + s.m(canary.Query), "/telemetry/heatmap/connections/countries/" + s.App + "/1",
	} {
		all = append(all, s.expect(ctx, request{method: "GET", path: path, token: token}, 200, 400, 404, 422))
	}
	all = append(all,
		s.expect(ctx, request{method: "DELETE", path: "/api/connections/" + s.App + "/" + s.m(canary.Path), token: token}, 200, 202, 204, 400, 404),
		s.expect(ctx, request{method: "POST", path: s.topics("/unsubscribe"), token: token, body: map[string]any{"topic": "priv/" + s.m(canary.PrivTopic), "connectionId": s.m(canary.ClientID)}}, 200, 204, 400, 403, 404, 422))
	return errors.Join(all...)
}

func (s *Sender) nowhere(ctx context.Context) error {
	path := s.m(canary.Path)
	var all []error
	for _, p := range []string{"/" + path, "/api/" + path, "/v1/" + path, "/v1/apps/" + path + "/report", "/telemetry/" + path, "/apps/" + path, "/x/../" + path, "/%2e%2e/" + path, "/" + strings.Repeat(path+"/", 200)} {
		for _, method := range []string{"GET", "POST", "BREW"} {
			all = append(all, s.expect(ctx, request{method: method, path: p, body: []byte(s.m(canary.Payload))}, 301, 303, 307, 400, 401, 403, 404, 405, 414, 415, 426, 431, 501))
		}
	}
	return errors.Join(all...)
}

func (s *Sender) otherMethods(ctx context.Context) error {
	var all []error
	for _, p := range []string{s.topics("/publish"), "/v1/accounts", "/v1/plans", "/", "/apps/" + s.App, "/" + s.m(canary.Path)} {
		for _, method := range []string{"OPTIONS", "HEAD", "TRACE"} {
			all = append(all, s.expect(ctx, request{method: method, path: p, header: map[string]string{
				"Origin": "https://" + s.m(canary.Header) + ".example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": s.m(canary.Header),
			}}, 200, 204, 301, 303, 307, 400, 401, 403, 404, 405, 426, 501))
		}
	}
	return errors.Join(all...)
}

func (s *Sender) documents(ctx context.Context) error {
	var all []error
	for _, p := range []string{"/v1/openapi.json", "/v1/asyncapi.json", "/v1/errors", "/.well-known/telemetry.json", "/privacy", "/healthz", "/readyz", "/metrics", "/status"} {
		all = append(all, s.expect(ctx, request{method: "GET", path: p}, 200, 401, 403, 404, 503))
	}
	return errors.Join(all...)
}

func (s *Sender) badSignIns(ctx context.Context) error {
	bad := s.m(canary.Claim)
	return errors.Join(
		s.expect(ctx, request{method: "GET", path: "/v1/sign-in/callback?code=" + bad + "&state=" + s.m(canary.Query)}, 302, 400, 401, 404),
		s.expect(ctx, request{method: "GET", path: "/v1/sign-in/callback?error=" + s.m(canary.Query) + "&error_description=" + bad, header: map[string]string{"Cookie": "tacet-sign-in=" + bad}}, 302, 400, 401, 404),
		s.expect(ctx, request{method: "POST", path: "/v1/sessions", body: map[string]any{"link": bad}}, 400, 401, 404, 422, 429),
		s.expect(ctx, request{method: "POST", path: "/v1/sessions", body: map[string]any{"code": bad, "verifier": bad}}, 400, 401, 404, 422, 429),
		s.expect(ctx, request{method: "POST", path: "/v1/sessions", body: []byte(`{"link":"` + bad)}, 400, 401, 422, 429),
		s.expect(ctx, request{method: "GET", path: "/v1/me", token: "tacet_s_" + bad}, http.StatusUnauthorized),
		s.expect(ctx, request{method: "GET", path: "/v1/me", token: "tacet_t_" + bad}, http.StatusUnauthorized),
	)
}
