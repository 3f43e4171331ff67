package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/seal"
	"tacet/infra/local/child"
	"tacet/infra/sigv4"
	"tacet/infra/vault"
)

const (
	alice = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
	bob   = "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"
	spot  = "o#a1#account"
)

// imitation is moto's KMS, which is started for the first test that needs it.
var imitation = sync.OnceValues(func() (*child.Child, error) { return child.Start("kms", "bin/python3", "serve.py") })

var started atomic.Bool

func TestMain(m *testing.M) {
	status := m.Run()
	if started.Load() {
		if c, err := imitation(); err == nil {
			c.Stop()
		}
	}
	os.Exit(status)
}

// kmsOptions say how to reach the imitation. It does not come with -short.
func kmsOptions(t *testing.T, keys ...string) vault.KMSOptions {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an imitation of KMS")
	}
	started.Store(true)
	c, err := imitation()
	if err != nil {
		t.Fatal(err)
	}
	return vault.KMSOptions{Region: "eu-central-1", Endpoint: c.URL, Credentials: sigv4.Credentials{ID: "id", Secret: "secret"}, Keys: keys, Timeout: 20 * time.Second}
}

// newKMSKey makes a key in KMS and returns its ARN.
func newKMSKey(t *testing.T) string {
	t.Helper()
	o := kmsOptions(t)
	client := kms.New(kms.Options{Region: o.Region, BaseEndpoint: &o.Endpoint, Credentials: o.Credentials})
	out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *out.KeyMetadata.Arn
}

// masters is every kind of master, each with what makes another key of it the
// one that wraps.
var masters = []struct {
	name string
	make func(t *testing.T) (m vault.Master, change func() vault.Master)
}{
	{"key file", func(t *testing.T) (vault.Master, func() vault.Master) {
		f := newKeyFile(t)
		return f, func() vault.Master {
			if err := f.Add(); err != nil {
				t.Fatal(err)
			}
			return f
		}
	}},
	{"KMS", func(t *testing.T) (vault.Master, func() vault.Master) {
		o := kmsOptions(t, newKMSKey(t))
		return vault.NewKMS(o), func() vault.Master {
			o.Keys = []string{newKMSKey(t), o.Keys[0]}
			return vault.NewKMS(o)
		}
	}},
}

func newKeyFile(t *testing.T) *vault.KeyFile {
	t.Helper()
	f, err := vault.MakeKeyFile(filepath.Join(t.TempDir(), "master"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// clock is one that a test sets.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.at.Store(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// world is what several processes share.
type world struct {
	*clock
	memory *directorytest.Memory
	master vault.Master
}

func newWorld(m vault.Master) *world {
	c := newClock()
	return &world{c, directorytest.NewMemory(c.now), m}
}

func (w *world) options(d directory.Directory) vault.Options {
	return vault.Options{Directory: d, Master: w.master, Now: w.now}
}

// vault returns that of another process.
func (w *world) vault() *vault.Vault { return vault.New(w.options(w.memory)) }

func (w *world) deployment() *vault.Deployment { return vault.NewDeployment(w.options(w.memory)) }

// counting is a master that counts.
type counting struct {
	vault.Master
	unwrapped atomic.Int64
}

func (c *counting) Unwrap(ctx context.Context, name string, wrapped []byte, owner string) ([]byte, error) {
	c.unwrapped.Add(1)
	return c.Master.Unwrap(ctx, name, wrapped, owner)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sealed(t *testing.T, v seal.Vault, owner, text string) []byte {
	t.Helper()
	s, err := v.Sealer(t.Context(), owner)
	must(t, err)
	value, err := s.Seal([]byte(text), spot)
	must(t, err)
	return value
}

// opens returns an error unless the owner's key opens the value as text.
func opens(ctx context.Context, v seal.Vault, owner string, value []byte, text string) error {
	s, err := v.Sealer(ctx, owner)
	if err != nil {
		return err
	}
	got, err := s.Open(value, spot)
	if err == nil && string(got) != text {
		return fmt.Errorf("opens as %q, not as %q", got, text)
	}
	return err
}

func wantNoKey(t *testing.T, v seal.Vault, owner string) {
	t.Helper()
	if _, err := v.Sealer(t.Context(), owner); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("got %v, want no key", err)
	}
}
