package command

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"tacet/core/app"
)

// target is the flags that say which platform to talk to.
type target struct {
	URL   string `name:"url" placeholder:"URL" help:"Where to connect, as wss://HOST/apps/APP or wss://HOST/STAGE?app=APP. Default: the platform that runs on this machine, with the token that it made. A certificate that no public authority vouches for is trusted when SSL_CERT_FILE names its authority."`
	Token string `placeholder:"JWT" help:"Token to show at --url, which it needs: no token is sent to an address that stands in a file. It is safer in TACET_TOKEN, where no list of processes shows it."`
	Data  string `type:"path" placeholder:"DIR" help:"Data folder of the platform on this machine. Default: ${data}, then .tacet in the folder at hand."`
}

// endpoint is a platform, and what opens it.
type endpoint struct {
	websocket *url.URL
	http      string // what paths of the HTTP API are appended to
	app       string
	token     string
	client    *http.Client
}

// find returns the platform. It is asked anew before each connection: after a
// restart the platform of this machine may have another port and has other
// tokens.
//
// An address comes with its token, both from whoever typed the command or both
// from the file of a platform on this machine. Otherwise a file that somebody
// else has put into the folder at hand could have a token sent to himself.
func (t target) find(admin bool) (endpoint, error) {
	switch {
	case t.URL != "":
		return t.elsewhere()
	case t.Token != "":
		return endpoint{}, misused("a token needs the address that it is for: say --url, or set TACET_URL, too; " +
			"or unset TACET_TOKEN, and the platform of this machine is used with a token of its own")
	}
	here, err := running(t.Data)
	if err != nil {
		return endpoint{}, err
	}
	e, err := at(here.WebSocket)
	switch {
	case err != nil:
		return endpoint{}, fmt.Errorf("%s of the platform on this machine is damaged: say --url and --token", noteName)
	case !e.here():
		return endpoint{}, fmt.Errorf("the platform on this machine is reached at %s, which may be anywhere: "+
			"say where to connect with --url (or TACET_URL), and set TACET_TOKEN to a token that tacet token makes", printable(e.websocket.Host))
	}
	e.token = here.ClientToken
	if admin {
		e.token = here.AdminToken
	}
	e.client = client(here.Certificate)
	return e, nil
}

// here reports whether the address cannot lead to another machine.
func (e endpoint) here() bool {
	host := e.websocket.Hostname()
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (t target) elsewhere() (endpoint, error) {
	e, err := at(t.URL)
	switch {
	case err != nil:
		return e, misused("--url: %w", err)
	case t.Token == "":
		return e, misused("--url needs a token: say --token, or set TACET_TOKEN")
	}
	e.token, e.client = t.Token, client(nil)
	return e, nil
}

var errURL = errors.New("it must look like wss://HOST/apps/APP or wss://HOST/STAGE?app=APP, where APP is 32 hex digits")

// at returns the endpoint at an address of WebSockets, or of the HTTP API with
// the same path.
func at(address string) (endpoint, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return endpoint{}, errURL // the parser's error repeats the address, which may hold a token
	}
	secure := map[string]bool{"ws": false, "http": false, "wss": true, "https": true}
	tls, known := secure[u.Scheme]
	if !known {
		return endpoint{}, errURL
	}
	id := u.Query().Get("app")
	if id == "" {
		_, id, _ = strings.Cut(strings.TrimSuffix(u.Path, "/"), "/apps/")
	}
	if _, err := app.ParseID(id); err != nil || u.Query().Has("access_token") {
		return endpoint{}, errURL
	}
	u.Scheme = "ws"
	http := "http://" + u.Host
	if tls {
		u.Scheme, http = "wss", "https://"+u.Host
	}
	return endpoint{websocket: u, http: http, app: id}, nil
}

// client returns an HTTP client. With a certificate it accepts that one and no
// other, whatever name it bears: it was read from a file of this user's.
func client(certificate []byte) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if certificate != nil {
		transport.TLSClientConfig = &tls.Config{
			MinVersion:         tls.VersionTLS12,
			InsecureSkipVerify: true, // VerifyConnection does it instead, and more strictly
			VerifyConnection: func(s tls.ConnectionState) error {
				if len(s.PeerCertificates) == 0 || !bytes.Equal(s.PeerCertificates[0].Raw, certificate) {
					return errors.New("another certificate than that of the platform that was started on this machine")
				}
				return nil
			},
		}
	}
	return &http.Client{Transport: transport}
}

// refused is an answer by which a platform says no.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string {
	if r.text == "" {
		return fmt.Sprintf("the server answered %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("the server refused: %s (%d)", printable(r.text), r.status)
}

// temporary reports whether the same may work later.
func (r *refused) temporary() bool {
	return r.status >= 500 || r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout
}

// refusal reads why a platform says no: our own body of a refused handshake,
// or a problem document (RFC 9457).
func refusal(answer *http.Response) error {
	var why struct{ Message, Detail, Title string }
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil {
		_ = json.Unmarshal(body, &why) // some other server: then the status says all
	}
	for _, text := range []string{why.Detail, why.Message, why.Title} {
		if text != "" {
			return &refused{answer.StatusCode, text}
		}
	}
	return &refused{answer.StatusCode, ""}
}

// unreachable says what a failed connection means to a person.
func unreachable(host string, err error) error {
	var unknown *net.DNSError
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("the certificate of %s is not trusted: %w", host, certificate.Err)
	case errors.As(err, &unknown):
		return fmt.Errorf("there is no host %s", host)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &noTLS):
		return fmt.Errorf("%s speaks no TLS: use ws:// instead of wss://", host)
	case isRefused(err):
		return fmt.Errorf("nobody answers at %s: is tacet run running there?", host)
	}
	return fmt.Errorf("cannot reach %s: %w", host, innermost(err))
}

// innermost returns the cause without the layers around it: they repeat the
// URL.
func innermost(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
