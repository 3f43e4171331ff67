package platform

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/invoke"
	"tacet/infra/jwks"
	"tacet/infra/logging"
	"tacet/infra/metrics"
	"tacet/infra/poster"
	"tacet/infra/sigv4"
	"tacet/infra/vault"
)

// Parts are what functions are made of. Made by New.
type Parts struct {
	settings    *config.Function
	credentials sigv4.Credentials
	// Now is the clock, and Log where everything logs. New sets them: the clock
	// to the wall's, because the one by which Go measures what passes may stand
	// still while Lambda freezes a process, and what is to be remembered for
	// seconds would be remembered for hours.
	Now func() time.Time
	Log *slog.Logger

	out    io.Writer // where it logs
	client *dynamo.Client
	counts *metrics.Counts // of the invocation at hand
}

// New returns the parts for settings. Records of the log and figures go to w.
func New(s *config.Function, w io.Writer) *Parts {
	level, _ := logging.ParseLevel(s.LogLevel) // it was checked when it was read
	return &Parts{
		settings: s, Now: wall, out: w, Log: logging.New(w, logging.JSON, level),
		counts:      metrics.New(),
		credentials: sigv4.Credentials{ID: s.KeyID, Secret: s.SecretKey, Session: s.SessionToken},
	}
}

func wall() time.Time { return time.Now().Round(0) }

// service returns a service without any port.
func (p *Parts) service() *pubsub.Service {
	none := elsewhere{p.Log}
	return &pubsub.Service{
		Apps: none, Connections: none, Subscriptions: none, Audience: none, Poster: none, Recorder: none, Rates: none,
		Anonymiser: privacy.Anonymiser{Secrets: none}, Greet: none.Greet,
		Trouble: func(ctx context.Context, what string, err error) {
			p.Log.LogAttrs(ctx, slog.LevelWarn, "something failed on the side", slog.String("what", what), slog.Any("error", err))
		},
		Meter: p.meter(), Now: p.Now, Node: telemetry.NodeID(p.settings.Node),
	}
}

// db returns the client of DynamoDB. All stores share it, and its connections.
func (p *Parts) db() *dynamo.Client {
	if p.client == nil {
		p.client = dynamo.NewClient(dynamo.Options{Region: p.settings.Region, Endpoint: p.settings.DynamoDB, Credentials: p.credentials})
	}
	return p.client
}

func (p *Parts) realtime() *dynamo.Realtime {
	return dynamo.NewRealtime(p.db(), p.settings.RealtimeTable, p.Now)
}

func (p *Parts) telemetry() *dynamo.Telemetry {
	return dynamo.NewTelemetry(p.db(), p.settings.TelemetryTable)
}

func (p *Parts) secrets() *dynamo.Secrets {
	return dynamo.NewSecrets(p.db(), p.settings.RealtimeTable, p.Now)
}

// directory is where accounts and applications are kept.
func (p *Parts) directory() *dynamo.Directory {
	return dynamo.NewDirectory(p.db(), p.settings.DirectoryTable, p.Now)
}

// remembered is for how long an application is answered from memory.
const remembered = 5 * time.Second

// apps are applications whose keys nobody asks for. What is remembered for
// seconds may be read the cheaper way.
func (p *Parts) apps() *app.Reader {
	return &app.Reader{Directory: p.directory().Relaxed(), Remember: remembered, Now: p.Now}
}

// keys are applications with their keys, and how key sets are read.
func (p *Parts) keys() (*app.Reader, grant.FetchKeys) {
	sets := jwks.New(jwks.Options{Loopback: p.settings.LoopbackKeys, Now: p.Now})
	return &app.Reader{Directory: p.directory(), Vault: vault.New(p.safe()), Remember: remembered, Now: p.Now}, sets.Keys
}

// safe is where the keys of what is sealed are kept, and what they are wrapped
// with.
func (p *Parts) safe() vault.Options {
	return vault.Options{
		Directory: dynamo.NewDirectory(p.db(), p.settings.VaultTable, p.Now), Now: p.Now,
		Master: vault.NewKMS(vault.KMSOptions{
			Region: p.settings.Region, Endpoint: p.settings.KMS, Credentials: p.credentials, Keys: strings.Split(p.settings.MasterKeys, ","),
		}),
	}
}

// poster posts to connections from this function.
func (p *Parts) poster() *poster.Poster {
	return poster.New(poster.Options{
		Endpoint: p.settings.Connections, Region: p.settings.Region, Credentials: p.credentials, Report: p.report,
	})
}

// report logs what did not reach everybody. Who is gone is no news: clients
// leave without a word.
func (p *Parts) report(ctx context.Context, r poster.Report) {
	level := slog.LevelDebug
	if r.Failed > 0 {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.Int("delivered", r.Delivered), slog.Int("gone", r.Gone), slog.Int("failed", r.Failed)}
	for cause, n := range r.Causes {
		attrs = append(attrs, slog.Int(string(cause), n))
	}
	p.Log.LogAttrs(ctx, level, "not everybody was reached", attrs...)
}

// functions invokes other functions.
func (p *Parts) functions() *invoke.Client {
	return invoke.New(invoke.Options{Region: p.settings.Region, Endpoint: p.settings.Lambda, Credentials: p.credentials})
}

// split posts to large audiences by way of fanout.
func (p *Parts) split() pubsub.Poster {
	fanout := p.functions()
	return poster.Split(p.poster(), func(ctx context.Context, parcel []byte) ([]byte, error) {
		return fanout.Call(ctx, p.settings.FanoutFunction, parcel)
	}, p.settings.FanoutThreshold)
}
