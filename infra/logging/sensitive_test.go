package logging_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/httpapi"
)

const (
	marker  = "MARKER-of-something-private"
	address = "203.0.113.77"
)

// sensitive has a value of every type in the code base that holds a payload, a
// token, a key, an address, a User-Agent, or a subject.
func sensitive(t *testing.T) map[string]any {
	t.Helper()
	const secret = marker + ", as long as a secret has to be"
	key, err := grant.ParseKey(grant.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	signing, err := grant.ParseSigningKey(grant.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	grants, err := grant.NewGrants([]string{marker})
	if err != nil {
		t.Fatal(err)
	}
	request, err := wire.Decode([]byte(`{"type":"publish","data":{"topic":"` + marker + `","id":"` + marker + `","payload":"` + marker + `"}}`))
	if err != nil {
		t.Fatal(err)
	}
	post, err := wire.DecodePost([]byte(`{"topic":"chat","message":"` + marker + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	event := apigw.Event{
		Type: apigw.Connect, RouteKey: "$connect", ConnectionID: "c1=",
		SourceIP: apigw.NewPrivate(address), UserAgent: apigw.NewPrivate(marker),
		Headers: apigw.Header{marker: {marker}}, Query: apigw.Query{"access_token": {marker}}, Body: []byte(marker), DisconnectReason: marker,
	}
	slots := grant.Slots{Client: [2]grant.Slot{{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}}}
	raw := privacy.ParseAddr(address)
	client := wire.Client{Connection: "c1=", Subject: marker, Permissions: []string{marker}}
	var day [privacy.SecretSize]byte
	copy(day[:], marker)
	return map[string]any{
		"apigw.Event": event, "*apigw.Event": &event, "apigw.Header": event.Headers, "apigw.Query": event.Query, "apigw.Private": event.SourceIP,
		"apigw.Response":          apigw.Response{Body: []byte(marker), Headers: map[string]string{"x": marker}},
		"apigw.AuthorizerContext": &apigw.AuthorizerContext{PrincipalID: marker, Context: map[string]string{"k": marker}},
		"privacy.Addr":            raw, "*privacy.Addr": &raw, "privacy.Secret": privacy.NewSecret(day),
		"grant.Secret": grant.NewSecret(secret), "grant.Slot": slots.Client[0], "grant.Slots": slots, "grant.Key": key, "grant.SigningKey": signing,
		"grant.Subject": grant.Subject(marker), "grant.Token": grant.Token{Subject: marker, Grants: grants, Expires: time.Now()}, "grant.Grants": grants, "grant.Claims": grant.Claims{Subject: marker},
		"wire.Request": request, "*wire.Request": &request, "wire.Post": post, "wire.Client": client,
		"wire.Frame": wire.Publication(&request, client), "topic.Name": topic.PrivOf(marker), "topic.Pattern": topic.Pattern(marker),
		"app.App": &app.App{Account: marker, Blind: privacy.NewBlindKey(day)}, "pubsub.Arrival": pubsub.Arrival{Token: marker, Address: raw},
		"pubsub.Connection": &pubsub.Connection{Subject: marker, Grants: grants}, "pubsub.Publication": pubsub.Publication{Message: []byte(marker)},
		"account.Profile": account.Profile{FullName: marker, Email: marker}, "account.Payment": &account.Payment{Reference: marker},
		"account.Account": &account.Account{Profile: account.Profile{Email: marker}}, "account.Member": account.Member{Email: marker},
		"account.Invitation": account.Invitation{Email: marker}, "account.Application": account.Application{Name: marker}, "account.Token": account.Token{Name: marker},
		"account.Identity": account.Identity{Issuer: marker, Subject: marker, Email: marker},
		"directory.Record": directory.Record{Value: []byte(marker)},
		"telemetry.Event":  telemetry.Event{Topic: marker}, "telemetry.Digest": &telemetry.Digest{},
		"httpapi.Operator": httpapi.Operator{Name: marker, Contact: marker},
		"bytes":            []byte(marker), "strings": []string{marker},
	}
}

// hidden is a struct as they come: slog's JSON handler would marshal it, and
// with it what the field means for a store; fmt would walk its bits.
type hidden struct{ Value any }

type buried struct{ value any }

func TestNothingPrivateIsLoggedWhateverItIsWrappedIn(t *testing.T) {
	for name, v := range sensitive(t) {
		for how, wrapped := range map[string]any{
			"itself": v, "in a struct": hidden{v}, "behind a pointer": &hidden{v}, "unexported": buried{v},
			"in a list": []any{v}, "in a map": map[string]any{"k": v}, "as a pointer": &v,
		} {
			for _, f := range formats {
				got := with(t.Context(), f, func(ctx context.Context, l *slog.Logger) {
					l.DebugContext(ctx, "m", "v", wrapped)
					l.With("v", wrapped).WithGroup("g").DebugContext(ctx, "m", slog.Group("h", "v", wrapped))
				})
				if leaks(got) {
					t.Errorf("%s %s as %q: %s", name, how, f, got)
				}
				if strings.Count(got, "\n") != 1 {
					t.Errorf("%s %s as %q: not two records: %s", name, how, f, got)
				}
			}
		}
	}
}

func TestErrorsAboutPrivateThingsAreLoggedWithoutThem(t *testing.T) {
	for name, v := range sensitive(t) {
		if !printsSafely(v) {
			continue // an error must not be made of these; see the other test
		}
		for _, f := range formats {
			err := fmt.Errorf("about %v: %w", v, errors.New("cause"))
			if got := with(t.Context(), f, func(_ context.Context, l *slog.Logger) { l.Error("m", "error", err) }); leaks(got) || !strings.Contains(got, "cause") {
				t.Errorf("%s as %q: %s", name, f, got)
			}
		}
	}
}

// printsSafely reports whether a type promises to print nothing private.
func printsSafely(v any) bool {
	_, ok := v.(fmt.Formatter)
	return ok
}

func leaks(log string) bool {
	bits := strings.Trim(fmt.Sprint([]byte(marker)), "[]") // how fmt prints the bytes of a field
	return strings.Contains(log, marker) || strings.Contains(log, address) || strings.Contains(log, bits) ||
		strings.Contains(log, "TUFSS0VSL") // base64, which is JSON for bytes
}

// The tests above can fail: slog's own handlers do print these.
func TestSlogsOwnHandlersWouldTell(t *testing.T) {
	for _, name := range []string{"apigw.Event", "grant.Slots", "wire.Request", "grant.Subject", "pubsub.Publication"} {
		var b strings.Builder
		v := sensitive(t)[name]
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", hidden{v}, "w", buried{v})
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", hidden{v}, "w", buried{v})
		if !leaks(b.String()) {
			t.Errorf("%s: nothing to protect against in %s", name, b.String())
		}
	}
}
