package apihost

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"time"

	"tacet/infra/local/gateway"
	"tacet/infra/local/runtime"
	"tacet/infra/local/template"
)

// Caller is the access key id, and the secret, that a $connect route with
// AWS_IAM wants to be signed with. Functions that are started here have the same.
const Caller = "local"

// Options say what to serve. Template and Log must be set.
type Options struct {
	Template *template.Template
	API      string // its logical id; "" if there is only one
	Stage    string // "" is the first

	// Endpoint is a Lambda Invoke API that has the functions. If empty they are
	// started here, from Built, a folder that sam build made, or if that is
	// empty from where the template says that their code is.
	Endpoint string
	Built    string
	// DynamoDB is a DynamoDB Local, in which the tables of the template are made
	// if they are not there, and which functions that are started here use. "" is
	// none.
	DynamoDB string
	// Env are variables of all functions that are started here, and EnvOf those
	// of one. They win over the template's.
	Env   map[string]string
	EnvOf map[string]map[string]string

	APIKeys []string // one of which clients must send where a key is asked for
	// DomainName is what events say that the API's is. If empty it is, where
	// functions are started here, the address that is listened on, which they
	// can reach; elsewhere it is what the client connected to.
	DomainName string
	// Certificate is what to speak TLS with, and Authority who vouches for it,
	// for functions to trust. Without one, one is made.
	Certificate *tls.Certificate

	// Zero durations mean API Gateway's.
	IdleTimeout, MaxLifetime, IntegrationTimeout time.Duration

	Output      io.Writer    // of functions that are started here
	Log         *slog.Logger // of invocations and warnings
	FunctionLog *slog.Logger // of what happens to processes; nil: no log
}

// Host serves an API until it is stopped.
type Host struct {
	opts      Options
	api       *template.WebSocketAPI
	stage     *template.Stage
	address   string // where functions reach it
	temporary string
	functions *functions        // nil: they are elsewhere
	common    map[string]string // variables of all functions
	gateway   *gateway.Gateway
	servers   []*http.Server
	failed    chan error
}

// Start serves on a listener, which it takes over. A *UsageError says what to
// ask for instead.
func Start(o Options, l net.Listener) (*Host, error) {
	h := &Host{opts: o, address: reachable(l.Addr()), failed: make(chan error, 2)}
	err := h.start(l)
	if err != nil {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return nil, errors.Join(err, l.Close(), h.clean(ctx))
	}
	return h, nil
}

// reachable returns the address under which this machine reaches a listener.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return a.String()
}

func (h *Host) start(l net.Listener) error {
	var err error
	if h.api, h.stage, err = choose(h.opts.Template, h.opts.API, h.opts.Stage); err != nil {
		return err
	}
	certificate := h.opts.Certificate
	var authority []byte
	if certificate == nil {
		made, vouches, err := newCertificate(h.names(), time.Now())
		if err != nil {
			return fmt.Errorf("cannot make a certificate: %w", err)
		}
		certificate, authority = &made, vouches
	} else {
		authority = certificate.Certificate[len(certificate.Certificate)-1]
	}
	if h.opts.DynamoDB != "" {
		if err := h.makeTables(); err != nil {
			return err
		}
	}
	find := h.elsewhere()
	if h.opts.Endpoint == "" {
		if find, err = h.here(authority); err != nil {
			return err
		}
	}
	options, err := h.gatewayOptions(find)
	if err != nil {
		return err
	}
	if h.gateway, err = gateway.New(options); err != nil {
		return misused("%v", err)
	}
	h.serve(withKMS(h.gateway), either{l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate}}})
	return nil
}

// elsewhere finds functions behind an Invoke API.
func (h *Host) elsewhere() func(string) (gateway.Handler, error) {
	l := newLambda(h.opts.Endpoint, h.opts.Log)
	return func(id string) (gateway.Handler, error) { return function{l, id}, nil }
}

// here starts functions, and serves an Invoke API by which they reach one
// another.
func (h *Host) here(authority []byte) (func(string) (gateway.Handler, error), error) {
	built, err := Built(h.opts.Built, h.opts.Template)
	if err != nil {
		return nil, err
	}
	if h.temporary, err = os.MkdirTemp("", "tacet-gateway-"); err != nil {
		return nil, fmt.Errorf("cannot make a folder for certificates: %w", err)
	}
	if h.common, err = h.trust(authority); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot listen for the functions: %w", err)
	}
	detours, err := h.detours(l.Addr())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	maps.Copy(h.common, detours)
	// SDKs ask these when the code says no endpoint:
	// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
	h.common["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"] = "http://" + h.address + "/" + h.stage.Name
	h.common["AWS_ENDPOINT_URL_LAMBDA"] = "http://" + l.Addr().String()
	h.common["AWS_ENDPOINT_URL_KMS"] = "http://" + h.address
	if h.opts.DynamoDB != "" {
		h.common["AWS_ENDPOINT_URL_DYNAMODB"] = h.opts.DynamoDB
	}
	if h.functions, err = h.addFunctions(built); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	h.serve(runtime.NoPages(http.HandlerFunc(h.inside)), l)
	return h.functions.find, nil
}

// domain returns what events say that the API's domain name is.
func (h *Host) domain() string {
	if h.opts.DomainName == "" && h.opts.Endpoint == "" {
		return h.address
	}
	return h.opts.DomainName
}

// quiet drops what net/http says of clients: it holds their addresses.
var quiet = log.New(io.Discard, "", 0)

// patience is how long a client may take to say what it wants.
const patience = 10 * time.Second

func (h *Host) serve(handler http.Handler, l net.Listener) {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: patience, ErrorLog: quiet}
	h.servers = append(h.servers, s)
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.failed <- err
		}
	}()
}

// Failed gives an error if it can no longer be served.
func (h *Host) Failed() <-chan error { return h.failed }

// Connections returns how many clients there are.
func (h *Host) Connections() int { return h.gateway.Len() }

// Stop tells the clients, lets $disconnect run for each, and ends the
// functions, all within the time of ctx.
func (h *Host) Stop(ctx context.Context) error {
	return errors.Join(h.gateway.Shutdown(ctx), h.clean(ctx))
}

// clean ends and removes all that there may be beside the gateway.
func (h *Host) clean(ctx context.Context) error {
	var errs []error
	if h.functions != nil {
		errs = append(errs, h.functions.host.Close(ctx))
	}
	for _, s := range h.servers {
		errs = append(errs, s.Close())
	}
	if h.temporary != "" {
		errs = append(errs, os.RemoveAll(h.temporary))
	}
	return errors.Join(errs...)
}
