package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/infra/local/site"
)

// token makes a token: for the development application of a data folder,
// whether the platform runs or not, or with a key of any application.
//
// The signing keys of the development application lie in the data folder, in
// development.json with mode 0600, outside the store and its lock: so no
// running platform has to be asked, and none has to be stopped.
type token struct {
	Admin      bool          `help:"A token for the HTTP API instead of one for connecting."`
	Subject    string        `default:"developer" help:"Whose it is: the user or device. priv/SUBJECT reaches all its connections."`
	Permission []string      `short:"p" sep:"none" placeholder:"ENTRY" help:"What it allows; repeat for more. publish:PATTERN, subscribe:PATTERN, manage:connections, manage:subscribers, manage:application, an entry in full (realtime:…), or none. A PATTERN is a topic with * for any characters. Default: everything."`
	Expires    time.Duration `default:"1h" help:"How long it is good."`
	App        string        `placeholder:"ID" help:"The application it must be for. Default: the development application."`
	Data       string        `type:"path" placeholder:"DIR" help:"Data folder of the development application whose key signs. Default: where the platform runs, as for subscribe."`
	Secret     string        `placeholder:"TEXT" help:"Sign with this HS secret instead. It is safer in TACET_SECRET, where no list of processes shows it."`
	Key        string        `type:"path" placeholder:"FILE" help:"Sign with the private key (or the HS secret) in this file instead."`
	Algorithm  string        `placeholder:"ALG" help:"Algorithm of --secret or --key, as HS256 or ES256. Default: HS256 for a secret; for a key the first that it can be used for."`
	JSON       asJSON        `name:"json" help:"Print an object that says what is in it, too."`
}

func (token) example() string {
	return `  tacet token --subject alice --permission 'publish:chat/*' --expires 10m
  export TACET_URL=ws://127.0.0.1:8080/apps/APP    # as tacet run prints it
  TACET_TOKEN=$(tacet token --admin) tacet publish --http chat '"from a backend"'
`
}

// Run prints the token.
func (t token) Run(c *console) error {
	kind := grant.Client
	if t.Admin {
		kind = grant.Admin
	}
	if t.Expires <= 0 {
		return misused("--expires must be longer than zero, as in 10m")
	}
	subject, err := grant.ParseSubject(t.Subject)
	if err != nil {
		return misused("--subject: %w", err)
	}
	permissions, err := t.permissions(kind)
	if err != nil {
		return err
	}
	key, app, err := t.key(kind)
	if err != nil {
		return err
	}
	now := time.Now()
	expires := now.Add(t.Expires).Truncate(time.Second)
	signed, err := grant.Sign(key, grant.Claims{Subject: subject, Permissions: permissions, Issued: now, Expires: expires})
	switch {
	case err != nil:
		return err
	case len(signed) > grant.MaxTokenLength:
		return errors.New("the token would be longer than the 8 KiB that are accepted: use patterns with * instead of many permissions")
	case !bool(t.JSON):
		_, err = fmt.Fprintln(c.out, signed)
		return err
	}
	return c.line(struct {
		Token       string    `json:"token"`
		Kind        string    `json:"kind"`
		App         string    `json:"app,omitempty"`
		Subject     string    `json:"subject"`
		Permissions []string  `json:"permissions"`
		Expires     time.Time `json:"expires"`
	}{signed, kind.String(), app, t.Subject, permissions, expires.UTC()})
}

// short are the words for permissions that people can type.
var short = map[string]func(topic.Pattern) string{"publish:": grant.Write, "subscribe:": grant.Read}

var actions = map[string]grant.Action{
	"manage:connections": grant.ManageConnections,
	"manage:subscribers": grant.ManageSubscribers,
	"manage:application": grant.ManageApplication,
}

// permissions returns the entries in full, and refuses those that would allow
// nothing: a slip of the pen makes a token that fails much later.
func (t token) permissions(kind grant.Kind) ([]string, error) {
	if len(t.Permission) == 0 {
		return site.Everything(kind), nil
	}
	entries := []string{}
	for _, given := range t.Permission {
		if given == "none" && len(t.Permission) == 1 {
			break
		}
		entry, err := permission(given)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	if _, err := grant.NewGrants(entries); err != nil {
		return nil, misused("--permission: %w", err)
	}
	return entries, nil
}

func permission(given string) (string, error) {
	if action, ok := actions[given]; ok {
		return string(action), nil
	}
	for _, action := range actions {
		if given == string(action) {
			return given, nil
		}
	}
	for word, full := range short {
		for _, prefix := range []string{word, full("")} {
			text, ok := strings.CutPrefix(given, prefix)
			if !ok {
				continue
			}
			pattern, err := topic.ParsePattern(text)
			if err != nil {
				return "", misused("--permission %s: %w", given, err)
			}
			return full(pattern), nil
		}
	}
	return "", misused("--permission %s: say publish:PATTERN, subscribe:PATTERN, manage:connections, manage:subscribers, manage:application or none", given)
}

// key returns what signs, and the application when it is known.
func (t token) key(kind grant.Kind) (grant.SigningKey, string, error) {
	switch {
	case t.Secret != "" && t.Key != "":
		return grant.SigningKey{}, "", misused("--secret and --key exclude each other")
	case t.Secret != "":
		key, err := signing("--secret", t.Algorithm, t.Secret)
		return key, t.App, err
	case t.Key != "":
		text, err := os.ReadFile(t.Key)
		if err != nil {
			return grant.SigningKey{}, "", unreadable("--key", t.Key, err)
		}
		line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r") // an editor's, not the secret's
		key, err := signing("--key "+t.Key, t.Algorithm, line)
		return key, t.App, err
	case t.Algorithm != "":
		return grant.SigningKey{}, "", misused("--algorithm belongs to --secret or --key: the development application's key has its own")
	}
	d, err := development(t.Data)
	if err != nil {
		return grant.SigningKey{}, "", err
	}
	if t.App != "" && t.App != string(d.App) {
		return grant.SigningKey{}, "", fmt.Errorf("the keys of application %s are not here: the data folder has those of %s; say --secret or --key", t.App, d.App)
	}
	k := d.Key(kind)
	key, err := grant.ParseSigningKey(k.Algorithm, k.Secret.Reveal())
	return key, string(d.App), err
}

// signing returns the key that text is; from is the flag that it came with.
func signing(from, algorithm, text string) (grant.SigningKey, error) {
	a := grant.Algorithm(algorithm)
	inPEM := strings.Contains(text, "-----BEGIN ")
	switch {
	case algorithm != "" && !a.Valid():
		return grant.SigningKey{}, misused("--algorithm %s: there is no such algorithm", algorithm)
	case !inPEM && (algorithm == "" || a.Symmetric()) && !oneLine(text):
		return grant.SigningKey{}, misused("%s: this is neither a private key in PEM (-----BEGIN PRIVATE KEY-----) nor a secret, which is one line of text", from)
	case algorithm != "":
		key, err := usable(a, text)
		if err != nil {
			return key, misused("%s with --algorithm %s: %w", from, algorithm, err)
		}
		return key, nil
	case !inPEM:
		key, err := grant.ParseSigningKey(grant.HS256, text)
		if err != nil {
			return key, misused("%s: %w", from, err)
		}
		return key, nil
	}
	for _, a := range grant.Algorithms {
		if a.Symmetric() {
			continue
		}
		if key, err := usable(a, text); err == nil {
			return key, nil
		}
	}
	return grant.SigningKey{}, misused("%s: this is not a private key in PEM (-----BEGIN PRIVATE KEY-----) for any of the algorithms", from)
}

// oneLine reports whether text can be a secret, which people paste: a file that
// is no key would sign, too, and nobody would accept the token.
func oneLine(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, unicode.IsControl) < 0
}

// usable returns the key that text is, once it has signed something: a key on
// the wrong curve is found out no earlier.
func usable(a grant.Algorithm, text string) (grant.SigningKey, error) {
	key, err := grant.ParseSigningKey(a, text)
	if err == nil {
		_, err = grant.Sign(key, grant.Claims{})
	}
	return key, err
}

func unreadable(flag, file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no file %s", flag, file)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %s cannot be read by this user", flag, file)
	}
	return fmt.Errorf("%s: %w", flag, err)
}
