package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tacet/core/plan"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
)

// Standalone is every setting of `tacet run`, the whole platform in one
// process. A field's flag is its name in kebab case.
type Standalone struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" env:"TACET_LISTEN" help:"Where to listen; port 0 takes a free one. Anything but this machine itself (127.0.0.1, ::1, localhost) needs TLS: --tls-cert and --tls-key, or --domain; or --insecure said aloud."`

	MetricsListen string `placeholder:"HOST:PORT" env:"TACET_METRICS_LISTEN" help:"Where to show figures to everybody who gets there: /metrics for Prometheus, /status for people, /readyz. They name no application, and there is no TLS. Without it only programs of this machine, and the operator, see them on --listen."`

	Data   string `placeholder:"DIR" type:"path" env:"TACET_DATA" help:"Folder for all that survives a restart: applications, telemetry (encrypted), keys. Made when it is not there. Default: ${data}."`
	Memory bool   `env:"TACET_MEMORY" help:"Keep nothing on disk, whatever --data says; all is gone at the end."`

	TLSCert  string `name:"tls-cert" placeholder:"FILE" type:"path" env:"TACET_TLS_CERT" help:"Certificate chain in PEM, the server's own first. Read again when the file changes."`
	TLSKey   string `name:"tls-key" placeholder:"FILE" type:"path" env:"TACET_TLS_KEY" help:"The certificate's private key in PEM."`
	Domain   string `placeholder:"NAME" env:"TACET_DOMAIN" help:"Get a certificate for this name from Let's Encrypt, and renew it. The name must lead here, and port 443 of it to --listen. Using this accepts the terms of Let's Encrypt. The certificate is kept in --data."`
	Insecure bool   `env:"TACET_INSECURE" help:"Listen beyond this machine without TLS: tokens and messages can then be read on the way. For use behind a proxy that speaks TLS."`

	// TrustedProxies is a statement about the network, which nothing here can
	// check: that every connection comes through so many proxies, each of which
	// appends the address that it saw to X-Forwarded-For. Then the entry that
	// the outermost one appended is the client's address. A number that is too
	// large, or a way around a proxy, lets clients choose their address; zero
	// believes nobody. It makes the host one that others reach; see Local.
	TrustedProxies int `default:"0" placeholder:"N" env:"TACET_TRUSTED_PROXIES" help:"How many proxies in front append the address that they saw to X-Forwarded-For, where each client's is then taken from. Only if nobody can connect without passing all of them: else clients can say that they are anybody. Default: 0, the header is not read."`

	CountryHeader string `placeholder:"NAME" env:"TACET_COUNTRY_HEADER" help:"The header in which an edge in front tells a client's country in two letters, such as CF-IPCountry or CloudFront-Viewer-Country: it is recorded with each connection. Only if the edge sets it on every request, and nobody can connect without passing it: else clients can say that they are anywhere. Default: none, no country is known."`

	LogLevel  string `enum:"debug,info,warn,error" default:"info" env:"TACET_LOG_LEVEL" help:"What to log, to standard error: ${enum}. No level logs a message, a token or an address."`
	LogFormat string `enum:",text,json" default:"" placeholder:"text|json" env:"TACET_LOG_FORMAT" help:"How to log it. Default: text on a terminal, json elsewhere."`

	Traces `embed:""`

	Plan string `enum:"${plans}" default:"unlimited" env:"TACET_PLAN" help:"Quotas of the development application: ${enum}."`

	MinGroup int `default:"5" placeholder:"N" env:"TACET_MIN_GROUP" help:"How many different clients a topic or a country needs on a day to be shown in reports: 1 to 16, by default 5. With 1 today is in reports, too, and nobody is protected: for development."`

	OIDC `embed:""`

	OperatorName    string `placeholder:"TEXT" env:"TACET_OPERATOR_NAME" help:"Who runs the platform and answers for what it keeps, as the page /privacy says it."`
	OperatorContact string `placeholder:"TEXT" env:"TACET_OPERATOR_CONTACT" help:"How he is reached, on the same page: an e-mail address, a URL, or other words."`

	IdleTimeout        time.Duration `default:"10m" env:"TACET_IDLE_TIMEOUT" help:"Close a connection on which no message went either way for so long. The default is what API Gateway has; pings do not count."`
	MaxLifetime        time.Duration `default:"2h" env:"TACET_MAX_LIFETIME" help:"Close every connection at this age. The default is what API Gateway has."`
	IntegrationTimeout time.Duration `default:"29s" env:"TACET_INTEGRATION_TIMEOUT" help:"Give up after this long on what may have to wait for a key server: admitting a connection, checking a fresh token. The default is what API Gateway has."`
}

// Plans lists the names that Plan can have, for the enum in its tag.
func Plans() string {
	var names []string
	for _, p := range plan.All() {
		names = append(names, string(p.Name))
	}
	return strings.Join(names, ",")
}

// Secure reports whether the host speaks TLS.
func (s *Standalone) Secure() bool { return s.TLSCert != "" || s.Domain != "" }

// Local reports whether nobody but this machine can reach the host: not behind
// a proxy, through which others do. The settings have been validated.
func (s *Standalone) Local() bool {
	host, err := listenHost(s.Listen)
	return err == nil && loopback(host) && s.TrustedProxies == 0
}

// MetricsLocal reports whether nobody but this machine can reach the listener of
// figures. The settings have been validated.
func (s *Standalone) MetricsLocal() bool {
	host, err := listenHost(s.MetricsListen)
	return err == nil && loopback(host)
}

// Validate returns nil, or an error that says which setting is wrong and what
// to do about it. The command line parser calls it.
func (s *Standalone) Validate() error {
	host, err := listenHost(s.Listen)
	if err != nil {
		return err
	}
	switch {
	case (s.TLSCert == "") != (s.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together: say both")
	case s.TLSCert != "" && s.Domain != "":
		return errors.New("--tls-cert and --domain exclude each other: either there is a certificate already, or Let's Encrypt makes one")
	case s.Domain != "" && !isDomain(s.Domain):
		return fmt.Errorf("--domain %q is not a host name such as example.org", s.Domain)
	case s.Domain != "" && s.Memory:
		return errors.New("--domain needs a data folder to keep its certificate in, because Let's Encrypt gives out only a few: leave out --memory")
	case s.Insecure && s.Secure():
		return errors.New("--insecure contradicts --tls-cert and --domain: leave one of them out")
	case s.MinGroup < 0 || s.MinGroup > telemetry.MaxCrowd:
		return fmt.Errorf("--min-group %d: groups of 1 to %d can be told apart", s.MinGroup, telemetry.MaxCrowd)
	case s.TrustedProxies < 0:
		return errors.New("--trusted-proxies is how many proxies stand in front: it begins at 0")
	case !isHeaderName(s.CountryHeader):
		return fmt.Errorf("--country-header %q is not the name of a header such as CF-IPCountry", s.CountryHeader)
	case !s.Secure() && !s.Insecure && !loopback(host):
		return fmt.Errorf("--listen %s can be reached from other machines, which could read tokens and messages on the way. "+
			"Say --tls-cert FILE --tls-key FILE, or --domain NAME for a certificate from Let's Encrypt, "+
			"or --insecure if a proxy in front speaks TLS; or listen on 127.0.0.1 only", s.Listen)
	}
	if s.MetricsListen != "" {
		if _, err := listenAt("--metrics-listen", s.MetricsListen); err != nil {
			return err
		}
	}
	if err := errors.Join(s.OIDC.Validate(), s.Traces.Validate()); err != nil {
		return err
	}
	for flag, d := range map[string]time.Duration{
		"idle-timeout": s.IdleTimeout, "max-lifetime": s.MaxLifetime, "integration-timeout": s.IntegrationTimeout,
	} {
		if d <= 0 {
			return fmt.Errorf("--%s must be longer than zero, as in 90s or 10m", flag)
		}
	}
	if s.MaxLifetime > pubsub.MaxLifetime {
		return fmt.Errorf("--max-lifetime %v is longer than the %v for which a connection is known: clients come back by themselves", s.MaxLifetime, pubsub.MaxLifetime)
	}
	return nil
}

// listenHost returns the host of a listen address, "" for all addresses.
func listenHost(listen string) (string, error) { return listenAt("--listen", listen) }

func listenAt(flag, listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("%s %q is not HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080", flag, listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("%s %q: the port must be a number from 0 to 65535", flag, listen)
	}
	return host, nil
}

// loopback reports whether nobody but this machine reaches the host. A name
// other than localhost could mean anything, so it does not.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// isDomain reports whether a certificate authority can be asked about name.
func isDomain(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for i := range len(label) {
			if c := label[i] | 0x20; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
