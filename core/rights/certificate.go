package rights

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"

	"tacet/core/canonical"
	"tacet/core/ledger"
)

// Certificate says what a deletion has removed. It is signed by the deployment,
// with Ed25519, over the certificate in canonical JSON (RFC 8785) without its
// signature: whoever knows the deployment's key can verify it without asking
// anybody. It names nobody.
type Certificate struct {
	Version  int              `json:"version"` // 1
	Request  ledger.RequestID `json:"request"`
	Who      string           `json:"who"` // as in the ledger
	Started  time.Time        `json:"started"`
	Finished time.Time        `json:"finished"`
	Stores   []Store          `json:"stores"`
	// Statement says what that means, in words.
	Statement string `json:"statement"`
	PublicKey []byte `json:"publicKey"` // 32 bytes, in base64
	Signature []byte `json:"signature,omitempty"`
}

// Store is what was removed from one.
type Store struct {
	Name    string    `json:"name"`
	Removed int64     `json:"removed"` // records; of the vault, keys; of connections, those that were ended
	At      time.Time `json:"at"`      // when that was done, the last time
}

const statement = "The account, its applications and everything held about them were removed from every store of this deployment. " +
	"The key that personal data was encrypted with was destroyed first, so that copies made before cannot be read either. " +
	"What remains are the entries of this request in the ledger, which name nobody and end after one year."

var (
	errNoCertificate = errors.New("this is not a certificate of version 1")
	errOtherKey      = errors.New("the certificate was made by another key than the deployment's")
	errForged        = errors.New("the certificate was changed, or not signed by this key: its signature does not fit")
)

// text returns what is signed.
func (c Certificate) text() ([]byte, error) {
	c.Signature = nil
	return canonical.JSON(c)
}

// sign completes the certificate and returns it in canonical form.
func (c Certificate) sign(key ed25519.PrivateKey) ([]byte, error) {
	c.PublicKey = key.Public().(ed25519.PublicKey)
	text, err := c.text()
	if err != nil {
		return nil, err
	}
	c.Signature = ed25519.Sign(key, text)
	return canonical.JSON(c)
}

// Verify returns the certificate in text, if the key with this fingerprint has
// signed exactly it. A fingerprint is to be had from the deployment, as
// CertificateKey, from its operator, or from whoever noted it down before.
func Verify(text []byte, fingerprint string) (*Certificate, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var c Certificate
	if err := d.Decode(&c); err != nil || c.Version != 1 || len(c.PublicKey) != ed25519.PublicKeySize {
		return nil, errNoCertificate
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoCertificate
	}
	if !c.isAll(text) {
		return nil, errNoCertificate
	}
	if Fingerprint(c.PublicKey) != fingerprint {
		return nil, errOtherKey
	}
	signed, err := c.text()
	if err != nil {
		return nil, errNoCertificate
	}
	if !ed25519.Verify(c.PublicKey, signed, c.Signature) {
		return nil, errForged
	}
	return &c, nil
}

// isAll reports whether text says what the certificate says and nothing else. A
// decoder takes the last of two members of one name, and names in any case: what
// stands in the other could be read by people, and is not signed.
func (c Certificate) isAll(text []byte) bool {
	own, err := canonical.JSON(c)
	if err != nil {
		return false
	}
	said, err := canonical.JSON(json.RawMessage(text))
	return err == nil && bytes.Equal(own, said) && tokens(own) == tokens(text)
}

// tokens returns how many there are in JSON.
func tokens(text []byte) (n int) {
	for d := json.NewDecoder(bytes.NewReader(text)); ; n++ {
		if _, err := d.Token(); err != nil {
			return n
		}
	}
}

// Fingerprint returns a text by which people compare keys: "SHA256:" and the
// hash of the key in base64, as OpenSSH writes it.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// CertificateKey returns the key that certificates are verified with.
func (s *Service) CertificateKey(ctx context.Context) (ed25519.PublicKey, error) {
	key, err := s.Accounts.Deployment.Signer(ctx)
	if err != nil {
		return nil, unavailable(err)
	}
	return key.Public().(ed25519.PublicKey), nil
}
