package scenario

import (
	"fmt"
	"strings"
	"time"
)

// options is how a token is made and carried. The zero value is a good client
// token of the first key that allows nothing, in the URL as it comes.
type options struct {
	permissions []string
	claims      map[string]string // JSON by name
	subject     string            // a person's name; "" is the one who connects
	expires     time.Duration     // zero is an hour
	starts      time.Duration
	scope, bare bool   // permissions as the claim scope; no permissions at all
	alg, key    string // "" are the key's own, and the first
	id          string // of the key, as the token says; "" is none
	token, app  string
	via         string // query (also ""), path, protocol, stage
	offer       []string
}

// readOptions takes what follows "with".
func readOptions(words []string) (options, error) {
	o := options{claims: map[string]string{}}
	for _, w := range words {
		if err := o.add(strings.TrimSpace(w)); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *options) add(w string) error {
	name, value, has := strings.Cut(w, "=")
	switch {
	case w == "scope":
		o.scope = true
		return nil
	case w == "no-permissions":
		o.bare = true
		return nil
	case !has || value == "":
		return fmt.Errorf("nobody knows the option %q", w)
	}
	var err error
	switch name {
	case "publish":
		o.permissions = append(o.permissions, "realtime:publisher:write:topic:"+value)
	case "read":
		o.permissions = append(o.permissions, "realtime:subscriber:read:topic:"+value)
	case "manage":
		o.permissions = append(o.permissions, "realtime:admin:manage:"+value)
	case "permission":
		o.permissions = append(o.permissions, value)
	case "claim":
		claim, json, _ := strings.Cut(value, ":")
		o.claims[claim] = json
	case "expires":
		o.expires, err = time.ParseDuration(value)
	case "starts":
		o.starts, err = time.ParseDuration(value)
	case "offer":
		o.offer = append(o.offer, value)
	case "subject", "alg", "key", "key-id", "token", "app", "via":
		*map[string]*string{
			"subject": &o.subject, "alg": &o.alg, "key": &o.key, "key-id": &o.id, "token": &o.token, "app": &o.app, "via": &o.via,
		}[name] = value
	default:
		return fmt.Errorf("nobody knows the option %q", name)
	}
	return err
}

// options reads "with OPTION…" up to the end of the line, if it is there.
func (r *reader) options() []string {
	if !r.take("with") {
		return nil
	}
	return r.optionWords()
}

func (r *reader) optionWords() []string {
	var words []string
	for r.more() {
		words = append(words, r.word("an option"))
	}
	if _, err := readOptions(words); err != nil {
		r.fail("%v", err)
	}
	return words
}

// options returns what the words mean now.
func (p *player) options(words []string) (options, error) {
	expanded := make([]string, len(words))
	for i, w := range words {
		var err error
		if expanded[i], err = p.expand(w); err != nil {
			return options{}, err
		}
	}
	return readOptions(expanded)
}
