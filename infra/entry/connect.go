package entry

import (
	"context"
	"log/slog"
	"strings"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/apigw"
)

// Connect is the function of the route $connect: it decides who may come in.
type Connect struct {
	Service *pubsub.Service
	Log     *slog.Logger // made by package logging; nil logs nothing
	// CountryHeader names the header in which an edge tells the client's country.
	// "" where there is no edge that sets it, so that anybody could.
	CountryHeader string
}

// InvokeEvent answers an event. A 2xx lets the client in.
func (f Connect) InvokeEvent(ctx context.Context, e *apigw.Event) (apigw.Response, error) {
	return function{f.Service, f.Log, apigw.Connect, f.connect}.handle(ctx, e)
}

// Invoke answers an event in JSON.
func (f Connect) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	return invoke(ctx, event, f.InvokeEvent)
}

func (f Connect) connect(ctx context.Context, e *apigw.Event) apigw.Response {
	r := apigw.Response{StatusCode: 200}
	err := f.admit(ctx, e, &r)
	if err != nil {
		r = refusal(err)
	}
	f.record(ctx, e, r.StatusCode, err)
	return r
}

// admit returns nil if the client may come in, and notes in r which
// subprotocol it is to speak.
func (f Connect) admit(ctx context.Context, e *apigw.Event, r *apigw.Response) error {
	protocol, token, err := negotiate(e.Headers)
	if err != nil {
		return err
	}
	if protocol != "" {
		r.Headers = map[string]string{protocolHeader: protocol}
	}
	if inQuery := e.Query.Get("access_token"); inQuery != "" {
		token = inQuery
	}
	return f.Service.Connect(ctx, pubsub.Arrival{
		ID:      wire.ConnID(e.ConnectionID),
		App:     e.Query.Get("app"),
		Token:   token,
		Address: privacy.ParseAddr(e.SourceIP.Raw()),
		Country: country(e.Headers, f.CountryHeader),
	})
}

// country returns what an edge has told, once: of several values one is the
// client's, and nobody knows which.
func country(h apigw.Header, header string) privacy.Country {
	if header == "" {
		return ""
	}
	var told []string
	for name, values := range h {
		if strings.EqualFold(name, header) {
			told = append(told, values...)
		}
	}
	if len(told) != 1 {
		return ""
	}
	return privacy.ParseCountry(told[0])
}

// record writes the one line that a handshake has in the log.
func (f Connect) record(ctx context.Context, e *apigw.Event, status int, err error) {
	level, attrs := outcome(status, err)
	if id, bad := app.ParseID(e.Query.Get("app")); bad == nil {
		attrs = append(attrs, slog.String("app", string(id)))
	}
	loggerOr(f.Log).LogAttrs(ctx, level, "connect", attrs...)
}
