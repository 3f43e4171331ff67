package platform

import (
	"context"
	"encoding/json"

	"tacet/core/app"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/wire"
	"tacet/infra/dynamo"
	"tacet/infra/entry"
)

// Handler is the inside of a function.
type Handler interface {
	Invoke(ctx context.Context, event []byte) ([]byte, error)
}

// Connect lets clients in, and has them greeted.
func Connect(p *Parts) Handler {
	s := p.service()
	s.Apps, s.FetchKeys = p.keys()
	s.Connections, s.Anonymiser.Secrets, s.Recorder = p.realtime(), p.secrets(), p.telemetry()
	functions := p.functions()
	s.Greet = func(ctx context.Context, id wire.ConnID) error {
		greeting, err := json.Marshal(entry.Greeting{ConnectionID: id})
		if err != nil {
			return err
		}
		return functions.Start(ctx, p.settings.WelcomeFunction, greeting)
	}
	return entry.Connect{Service: s, Log: p.Log, CountryHeader: p.settings.CountryHeader}
}

// Welcome greets who has connected, and announces them.
func Welcome(p *Parts) Handler {
	return entry.Welcome{Service: p.coming(), Log: p.Log}
}

// Disconnect forgets who has gone, and announces that.
func Disconnect(p *Parts) Handler {
	return entry.Disconnect{Service: p.coming(), Log: p.Log}
}

// coming is the service of connections that come and go, which is announced to
// backends and recorded.
func (p *Parts) coming() *pubsub.Service {
	s, store := p.service(), p.realtime()
	s.Apps, s.Connections, s.Audience, s.Poster, s.Recorder = p.apps(), store, store, p.poster(), p.telemetry()
	s.CountOpen = store.CountOpen
	return s
}

// Subscribe gives connections topics, and takes them away. It posts only to
// those that it ends.
func Subscribe(p *Parts) Handler {
	s, store := p.service(), p.realtime()
	s.Apps, s.Connections, s.Subscriptions, s.Poster, s.Rates = p.apps(), store, store, p.poster(), new(dynamo.Rates)
	s.Recorder = p.telemetry()
	return entry.Subscribe{Service: s, Log: p.Log}
}

// Publish sends messages to who has their topics.
func Publish(p *Parts) Handler {
	s, store := p.service(), p.realtime()
	s.Apps, s.Connections, s.Audience, s.Rates = p.apps(), store, store, new(dynamo.Rates)
	s.Poster, s.Recorder, s.CountOpen = p.split(), p.telemetry(), store.CountOpen
	return entry.Publish{Service: s, Log: p.Log}
}

// Fallback answers pings and what is no request, and takes fresh tokens. These
// may end subscriptions.
func Fallback(p *Parts) Handler {
	s, store := p.service(), p.realtime()
	s.Apps, s.FetchKeys = p.keys()
	s.Connections, s.Subscriptions, s.Poster, s.Rates = store, store, p.poster(), new(dynamo.Rates)
	s.Recorder = p.telemetry()
	return entry.Fallback{Service: s, Log: p.Log}
}

// Fanout posts a part of a large audience's frames.
func Fanout(p *Parts) Handler {
	return entry.Fanout{Poster: p.poster(), Log: p.Log}
}

// Server returns the service that applications' own servers ask, and the reports
// that they get to see. See package api.
func (p *Parts) Server() (*pubsub.Service, telemetry.Reports) {
	s, store, events := p.service(), p.realtime(), p.telemetry()
	s.Apps, s.FetchKeys = p.keys()
	s.Connections, s.Subscriptions, s.Audience = store, store, store
	s.Poster, s.Recorder, s.Anonymiser.Secrets, s.CountOpen = p.split(), events, p.secrets(), store.CountOpen
	return s, p.Reports()
}

// Reports returns the reports of applications, whose plans are read anew.
func (p *Parts) Reports() telemetry.Reports {
	directory := p.directory()
	return telemetry.Reports{Figures: p.telemetry(), MinGroup: p.settings.MinGroup, App: func(ctx context.Context, of app.ID) (*app.App, error) {
		return app.Fresh(ctx, directory, of)
	}}
}

// Looking returns where live figures are read, and how many connections an
// application has is counted. See package manage.
func (p *Parts) Looking() (telemetry.Events, func(context.Context, app.ID) (int, error)) {
	return p.telemetry(), p.realtime().CountOpen
}

// Rollup sums events up.
func Rollup(p *Parts) Handler {
	store := p.telemetry()
	return entry.Rollup{Store: store, Place: dynamo.PlaceOf, Note: store.Note, Now: p.Now, Log: p.Log}
}

// Expire ends connections with their tokens.
func Expire(p *Parts) Handler {
	s := p.service()
	s.Connections, s.Poster = p.realtime(), p.poster()
	return entry.Expire{Service: s, Destroy: p.secrets().Destroy, Log: p.Log}
}
