package vault

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tacet/core/seal"
	"tacet/infra/sigv4"
)

// KMSOptions say how to reach AWS KMS, and which of its keys are master keys.
type KMSOptions struct {
	Region string
	// Endpoint is a URL to talk to instead of the region's KMS; "" is that.
	Endpoint    string
	Credentials sigv4.Credentials
	// Keys are the ARNs or ids of symmetric keys, at least one. The first
	// wraps, all unwrap. An alias would hide that it was pointed elsewhere.
	Keys []string
	// Timeout is how long one attempt may take; there are four of them at
	// most. Zero means two seconds.
	Timeout time.Duration
}

// KMS is master keys that never leave AWS KMS. It implements Master. A role
// needs kms:Encrypt on the first key to make data keys, and kms:Decrypt on all
// of them to use data keys; who may use whose can be restricted by
// kms:EncryptionContext:owner. Safe for concurrent use.
type KMS struct {
	client func() *kms.Client // in a closure, so that nothing prints the credentials
	keys   []string
}

// NewKMS returns master keys in KMS. It makes no request.
func NewKMS(o KMSOptions) *KMS {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	options := kms.Options{
		Region:      o.Region,
		Credentials: o.Credentials,
		HTTPClient:  awshttp.NewBuildableClient().WithTimeout(o.Timeout),
		Retryer: retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = 4, 500*time.Millisecond
		}),
	}
	if o.Endpoint != "" {
		options.BaseEndpoint = &o.Endpoint
	}
	client := kms.New(options)
	return &KMS{client: func() *kms.Client { return client }, keys: slices.Clone(o.Keys)}
}

// Current implements Master.
func (k *KMS) Current(context.Context) (string, error) { return "kms:" + k.keys[0], nil }

// Wrap implements Master.
func (k *KMS) Wrap(ctx context.Context, key []byte, owner string) (string, []byte, error) {
	out, err := k.client().Encrypt(ctx, &kms.EncryptInput{KeyId: &k.keys[0], Plaintext: key, EncryptionContext: encryptionContext(owner)})
	if err != nil {
		return "", nil, kmsFailure(ctx, "Encrypt", err)
	}
	return "kms:" + k.keys[0], out.CiphertextBlob, nil
}

// Unwrap implements Master. It asks KMS to use the key that the record names,
// and only if that is one of ours: a record from elsewhere is opened with nobody
// else's key.
func (k *KMS) Unwrap(ctx context.Context, master string, wrapped []byte, owner string) ([]byte, error) {
	i := slices.IndexFunc(k.keys, func(key string) bool { return "kms:"+key == master })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s is none of the keys that this deployment was told of", ErrNoMaster, master)
	}
	out, err := k.client().Decrypt(ctx, &kms.DecryptInput{KeyId: &k.keys[i], CiphertextBlob: wrapped, EncryptionContext: encryptionContext(owner)})
	if err != nil {
		return nil, kmsFailure(ctx, "Decrypt", err)
	}
	return out.Plaintext, nil
}

// encryptionContext binds what is wrapped to its owner. KMS writes it into
// CloudTrail, so it holds an id and nothing else.
func encryptionContext(owner string) map[string]string { return map[string]string{"owner": owner} }

// KMSError is what KMS answered. It holds none of what KMS says in words.
type KMSError struct {
	Operation string // "Decrypt"
	Code      string // "AccessDeniedException"
}

// Error returns both.
func (e *KMSError) Error() string { return "kms " + e.Operation + ": " + e.Code }

// Is makes seal.ErrSealed of the codes that mean it.
func (e *KMSError) Is(target error) bool {
	return target == seal.ErrSealed && (e.Code == "InvalidCiphertextException" || e.Code == "IncorrectKeyException")
}

// kmsFailure makes of an error of the SDK one that may leave this package.
func kmsFailure(ctx context.Context, operation string, err error) error {
	var api smithy.APIError
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("kms %s: %w", operation, ctx.Err())
	case errors.As(err, &api):
		return &KMSError{operation, api.ErrorCode()}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("kms %s: no answer: %w", operation, context.DeadlineExceeded)
	case errors.As(err, &dial):
		return fmt.Errorf("kms %s: %w", operation, dial)
	}
	return &KMSError{operation, "NoAnswer"}
}
