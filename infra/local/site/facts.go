package site

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/infra/config"
)

// Facts is what somebody needs to use a running platform. Its JSON is the line
// that `tacet run --json` prints; the names are published.
type Facts struct {
	WebSocket   string `json:"websocket"` // where clients connect
	HTTP        string `json:"http"`      // what the paths of the HTTP API are appended to
	Console     string `json:"console"`   // the client token stands in its fragment, which no browser sends
	App         app.ID `json:"app"`
	ClientToken string `json:"client_token"`
	AdminToken  string `json:"admin_token"`
	ClientKey   Key    `json:"client_key"`
	AdminKey    Key    `json:"admin_key"`
}

// Running is what running.json holds: Facts, and what is of use only to
// programs on the same machine.
type Running struct {
	Facts
	PID     int       `json:"pid"`
	Expires time.Time `json:"tokens_expire"`
	// Session is a token of a session of whoever runs the platform, for the
	// commands that deal with accounts; "" where there are none.
	Session string `json:"session,omitempty"`
	// Metrics is the address of the listener of figures; "" if there is none.
	Metrics string `json:"metrics,omitempty"`
	// Link is a one-time link for whoever has started the platform; it is
	// noted nowhere.
	Link string `json:"-"`
	// Certificate is the server's own certificate, so that clients on this
	// machine can recognise it whoever signed it. Nil without TLS, and where
	// a public authority vouches for it.
	Certificate []byte `json:"certificate,omitempty"`
}

// Announce leaves a note of a platform that has begun to listen at an address,
// and returns it: how to use the application d, with tokens that live from now
// for TokenLife, and accounts, with a session; "" where there are none.
func (f Folder) Announce(s *config.Standalone, at net.Addr, certificate []byte, d Development, session string, now time.Time) (Running, error) {
	expires := now.Add(TokenLife)
	known, err := newFacts(s, at, certificate, d, now, expires)
	if err != nil {
		return Running{}, err
	}
	r := Running{Facts: known, PID: os.Getpid(), Expires: expires.UTC().Truncate(time.Second), Session: session, Certificate: certificate}
	return r, f.Note(r)
}

// Note leaves a note of a platform that runs on the folder, for ReadRunning.
func (f Folder) Note(r Running) error { return f.write(runningFile, r) }

// Forget removes the note: from then on nobody finds the platform.
func (f Folder) Forget() error { return f.remove(runningFile) }

// ErrNotRunning says that no platform runs on a data folder, as far as its
// files tell.
var ErrNotRunning = errors.New("no platform is running")

// ReadRunning returns what is known of the platform that runs on a data folder,
// or ErrNotRunning. After a kill the file is left behind: that somebody answers
// at its address is not promised.
func ReadRunning(data string) (Running, error) {
	var r Running
	err := Folder(data).read(runningFile, &r)
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("%w on %s", ErrNotRunning, data)
	}
	return r, err
}

// Answers reports whether somebody listens where the platform said it would.
// Of another machine nothing is asked. A platform that was killed leaves its
// note behind.
func (r Running) Answers() bool {
	u, err := url.Parse(r.HTTP)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return false
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// InUse says that another platform has the folder, and what to do about it.
func (r Running) InUse(f Folder) error {
	return fmt.Errorf("the data folder %s is in use by another tacet (process %d, %s): stop that one, or say --data DIR for another folder, or --memory", f, r.PID, r.HTTP)
}

// newFacts returns what somebody needs to use the application d of a host that
// listens at an address, with tokens until expires.
func newFacts(s *config.Standalone, at net.Addr, certificate []byte, d Development, issued, expires time.Time) (Facts, error) {
	client, err := d.Token(grant.Client, issued, expires)
	if err != nil {
		return Facts{}, err
	}
	admin, err := d.Token(grant.Admin, issued, expires)
	if err != nil {
		return Facts{}, err
	}
	http := Origin(s, at, certificate)
	ws := "ws" + strings.TrimPrefix(http, "http")
	fragment := url.Values{"app": {string(d.App)}, "token": {client}}
	return Facts{
		WebSocket: ws + "/apps/" + string(d.App), HTTP: http, Console: http + ConsolePath + "#" + fragment.Encode(),
		App: d.App, ClientToken: client, AdminToken: admin, ClientKey: d.ClientKey, AdminKey: d.AdminKey,
	}, nil
}

// Origin returns where the HTTP API of a host is that listens at an address.
func Origin(s *config.Standalone, at net.Addr, certificate []byte) string {
	scheme := "http://"
	if s.Secure() {
		scheme = "https://"
	}
	return scheme + address(s, at, certificate)
}

// address returns host and port by which clients get here: as they were said,
// with the port that was given if it was left open. With a domain it is the
// domain, and whoever forwards its port 443 to us is left out. All addresses
// are called by the name that stands in the certificate, else localhost.
func address(s *config.Standalone, at net.Addr, certificate []byte) string {
	if s.Domain != "" {
		return s.Domain
	}
	host, _, _ := net.SplitHostPort(s.Listen) // checked by Validate
	_, port, _ := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
		if c, err := x509.ParseCertificate(certificate); err == nil && len(c.DNSNames) > 0 && !strings.Contains(c.DNSNames[0], "*") {
			host = c.DNSNames[0]
		}
	}
	return net.JoinHostPort(host, port)
}
