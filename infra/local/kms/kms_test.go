package kms_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tacet/infra/local/kms"
	"tacet/infra/sigv4"
)

const (
	key   = "arn:aws:kms:eu-central-1:000000000000:key/one"
	other = "arn:aws:kms:eu-central-1:000000000000:key/two"
)

// client is AWS's own, before a service that was made with a secret.
func client(t *testing.T, secret byte) *service.Client {
	t.Helper()
	server := httptest.NewServer(kms.New([kms.SecretSize]byte{secret}))
	t.Cleanup(server.Close)
	return service.New(service.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: sigv4.Credentials{ID: "id", Secret: "secret"}, RetryMaxAttempts: 1,
	})
}

func encrypt(t *testing.T, c *service.Client, text string, context map[string]string) []byte {
	t.Helper()
	out, err := c.Encrypt(t.Context(), &service.EncryptInput{KeyId: aws.String(key), Plaintext: []byte(text), EncryptionContext: context})
	if err != nil {
		t.Fatal(err)
	}
	return out.CiphertextBlob
}

func TestWhatWasEncryptedOpensWithTheSameKeyAndContextOnly(t *testing.T) {
	c := client(t, 1)
	alice := map[string]string{"owner": "alice", "app": "x"}
	sealed := encrypt(t, c, "the secret", alice)
	if again := encrypt(t, c, "the secret", alice); bytes.Equal(again, sealed) || bytes.Contains(sealed, []byte("secret")) {
		t.Error("the same text is encrypted to the same, or not at all")
	}
	for name, try := range map[string]struct {
		client  *service.Client
		key     string
		sealed  []byte
		context map[string]string
		opens   bool
	}{
		"the same":              {c, key, sealed, map[string]string{"app": "x", "owner": "alice"}, true},
		"the key by its id":     {c, "one", sealed, alice, true},
		"after a restart":       {client(t, 1), key, sealed, alice, true},
		"another secret":        {client(t, 2), key, sealed, alice, false},
		"another key":           {c, other, sealed, alice, false},
		"another context":       {c, key, sealed, map[string]string{"owner": "bob", "app": "x"}, false},
		"no context":            {c, key, sealed, nil, false},
		"changed":               {c, key, append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1), alice, false},
		"shorter than any text": {c, key, sealed[:5], alice, false},
	} {
		out, err := try.client.Decrypt(t.Context(), &service.DecryptInput{KeyId: &try.key, CiphertextBlob: try.sealed, EncryptionContext: try.context})
		if try.opens && (err != nil || string(out.Plaintext) != "the secret") {
			t.Errorf("%s: %v", name, err)
		}
		if code := codeOf(err); !try.opens && code != "InvalidCiphertextException" {
			t.Errorf("%s: %q", name, code)
		}
	}
}

func codeOf(err error) string {
	var said smithy.APIError
	if errors.As(err, &said) {
		return said.ErrorCode()
	}
	return ""
}

func TestWhatKMSRefusesIsRefused(t *testing.T) {
	c := client(t, 1)
	_, err := c.Encrypt(t.Context(), &service.EncryptInput{KeyId: aws.String(key), Plaintext: []byte(strings.Repeat("x", kms.MaxPlaintext+1))})
	if code := codeOf(err); code != "ValidationException" {
		t.Errorf("too much: %q", code)
	}
	_, err = c.GenerateDataKey(t.Context(), &service.GenerateDataKeyInput{KeyId: aws.String(key)})
	if code := codeOf(err); code != "UnknownOperationException" {
		t.Errorf("an operation that is not there: %q", code)
	}
}
