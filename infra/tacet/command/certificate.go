package command

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tacet/core/rights"
)

// accountVerifyDeletion checks a certificate of a deletion.
type accountVerifyDeletion struct {
	File string `arg:"" type:"path" help:"The certificate, as tacet account delete has written it."`
	Key  string `placeholder:"TEXT" help:"The platform's key, whatever --url says: its fingerprint (SHA256:…), or the key itself in hex or base64. Default: the key that the certificate names, and you compare it."`
	URL  string `name:"url" placeholder:"URL" help:"Ask the platform at this address for its key: https://HOST."`
	JSON asJSON `name:"json" help:"Print one JSON object that says whether the certificate is good, and what it says."`
}

func (accountVerifyDeletion) example() string {
	return `  tacet account verify-deletion gone.json --key SHA256:…
  tacet account verify-deletion gone.json --url https://HOST

Nobody is asked, but for a key at --url. Exit status: 0 if the certificate is
whole and signed by that key, else 1.
`
}

// Run checks it.
func (v accountVerifyDeletion) Run(ctx context.Context, c *console) error {
	text, err := os.ReadFile(v.File)
	if err != nil {
		return unreadable("certificate", v.File, err)
	}
	named, err := namedKey(text)
	if err != nil {
		return fmt.Errorf("%s: %w", v.File, err)
	}
	want, err := v.fingerprint(ctx, named)
	if err != nil {
		return err
	}
	certificate, err := rights.Verify(text, want)
	if err != nil {
		if named != want {
			c.say("The certificate names the key %s, and the platform's is %s.", named, want)
		}
		return fmt.Errorf("%s proves nothing: %w", v.File, err)
	}
	if v.JSON {
		return c.line(struct {
			Valid       bool                `json:"valid"`
			Fingerprint string              `json:"fingerprint"`
			Compared    bool                `json:"compared"` // with a key that did not come with the certificate
			Certificate *rights.Certificate `json:"certificate"`
		}{true, want, v.Key != "" || v.URL != "", certificate})
	}
	c.certificate(certificate)
	fmt.Fprintf(c.out, "\nThe signature holds: nothing of this was changed since %s signed it.\n", want)
	if v.Key == "" && v.URL == "" {
		c.say("Whose key that is, the certificate cannot prove by itself: compare it with what the platform's operator says, or say --key or --url.")
	}
	return nil
}

// namedKey returns the fingerprint of the key that a certificate names.
func namedKey(text []byte) (string, error) {
	var c struct{ PublicKey []byte }
	if json.Unmarshal(text, &c) != nil || len(c.PublicKey) != ed25519.PublicKeySize {
		return "", fmt.Errorf("this is no certificate of a deletion")
	}
	return rights.Fingerprint(c.PublicKey), nil
}

// fingerprint returns that of the key which must have signed.
func (v accountVerifyDeletion) fingerprint(ctx context.Context, named string) (string, error) {
	switch {
	case strings.HasPrefix(v.Key, "SHA256:"):
		return v.Key, nil
	case v.Key != "":
		key, err := hex.DecodeString(v.Key)
		if err != nil {
			key, err = base64.StdEncoding.DecodeString(v.Key)
		}
		if err != nil || len(key) != ed25519.PublicKeySize {
			return "", misused("--key must be a fingerprint (SHA256:…), or 32 bytes in hex or base64")
		}
		return rights.Fingerprint(key), nil
	case v.URL == "":
		return named, nil
	}
	o, err := anybody(v.URL, "")
	if err != nil {
		return "", err
	}
	return o.certificateKey(ctx)
}

// certificateKey returns the fingerprint of the key that a platform signs
// certificates with.
func (o *office) certificateKey(ctx context.Context) (string, error) {
	var k struct{ PublicKey []byte }
	if _, err := o.get(ctx, "/v1/certificate-key", &k); err != nil {
		return "", err
	}
	if len(k.PublicKey) != ed25519.PublicKeySize {
		return "", fmt.Errorf("the platform's key is none of Ed25519")
	}
	return rights.Fingerprint(k.PublicKey), nil
}

// certificate prints what a certificate says.
func (c *console) certificate(x *rights.Certificate) {
	c.facts("Request", string(x.Request), "Account", x.Who+" (a keyed hash)", "Asked for", day(x.Started), "Done", day(x.Finished))
	rows := make([][]string, len(x.Stores))
	for i, s := range x.Stores {
		rows[i] = []string{s.Name, strconv.FormatInt(s.Removed, 10), day(s.At)}
	}
	fmt.Fprintln(c.out)
	_ = c.table("STORE REMOVED AT", rows, "") // what cannot be printed, nobody reads
	fmt.Fprintf(c.out, "\n%s\n", x.Statement)
}
