package site

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
)

// TokenLife is how long the tokens live that are printed at the start: a day of
// development, and the evening after it.
const TokenLife = 24 * time.Hour

// Key signs an application's tokens. Printed it shows its algorithm only; its
// JSON form holds the secret.
type Key struct {
	Algorithm grant.Algorithm `json:"algorithm"`
	Secret    grant.Secret    `json:"secret"`
}

// Development is the application that is made at the first start, with keys of
// its own for clients and for admins.
type Development struct {
	App       app.ID `json:"app"`
	ClientKey Key    `json:"client_key"`
	AdminKey  Key    `json:"admin_key"`
	// Blind is the key under which topic names would be recorded.
	Blind privacy.BlindKey `json:"blind"`
}

// ErrNoDevelopment says that a data folder has no development application:
// nothing was ever started on it.
var ErrNoDevelopment = errors.New("no development application")

// ReadDevelopment returns the development application of a data folder, or
// ErrNoDevelopment. It needs no lock, so it works while the platform runs.
// Keys that others can read are refused: with them anybody makes tokens.
func ReadDevelopment(data string) (Development, error) {
	var d Development
	path := Folder(data).path(developmentFile)
	if info, err := os.Stat(path); data != "" && err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return d, fmt.Errorf("others may read %s, which holds keys; run: chmod 600 %s", path, path)
	}
	err := Folder(data).read(developmentFile, &d)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d, fmt.Errorf("%w in %s", ErrNoDevelopment, data)
	case err != nil:
		return d, err
	}
	if _, err := app.ParseID(string(d.App)); err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	return d, d.Slots().Check()
}

// Development returns the folder's development application and makes it at the
// first time. The caller holds the folder's lock.
func (f Folder) Development() (Development, error) {
	d, err := ReadDevelopment(string(f))
	if !errors.Is(err, ErrNoDevelopment) {
		return d, err
	}
	d = newDevelopment()
	return d, f.write(developmentFile, d)
}

func newDevelopment() Development {
	var id [16]byte
	var blind [privacy.SecretSize]byte
	rand.Read(id[:]) // crypto/rand ends the program rather than fail
	rand.Read(blind[:])
	return Development{
		App: app.ID(hex.EncodeToString(id[:])), ClientKey: newKey(), AdminKey: newKey(), Blind: privacy.NewBlindKey(blind),
	}
}

// newKey returns a secret of 32 random bytes, as text: what is signed with is
// the text as it stands.
func newKey() Key {
	var secret [32]byte
	rand.Read(secret[:])
	return Key{grant.HS256, grant.NewSecret(base64.RawURLEncoding.EncodeToString(secret[:]))}
}

// Slots returns what its tokens are verified with.
func (d Development) Slots() grant.Slots {
	slot := func(k Key) [2]grant.Slot { return [2]grant.Slot{{Algorithm: k.Algorithm, Text: k.Secret}} }
	return grant.Slots{Client: slot(d.ClientKey), Admin: slot(d.AdminKey)}
}

// Application returns what the stores keep of it.
func (d Development) Application(on plan.Name) *app.App {
	return &app.App{ID: d.App, Plan: on, Blind: d.Blind}
}

// Apps is a store of applications.
type Apps interface {
	App(ctx context.Context, id app.ID) (*app.App, error) // or pubsub.ErrNoApp
	Put(ctx context.Context, a *app.App, keys grant.Slots) error
}

// Keep keeps the application in a store, with the plan of this start. What
// somebody has set there since it was made stays.
func (d Development) Keep(ctx context.Context, in Apps, on plan.Name) error {
	a := d.Application(on)
	switch was, err := in.App(ctx, d.App); {
	case err == nil:
		a.Settings, a.Suspended = was.Settings, was.Suspended
	case !errors.Is(err, pubsub.ErrNoApp):
		return err
	}
	return in.Put(ctx, a, d.Slots())
}

// Key returns the key that signs tokens of one kind.
func (d Development) Key(kind grant.Kind) Key {
	if kind == grant.Admin {
		return d.AdminKey
	}
	return d.ClientKey
}

// Everything returns the permissions that allow all that a token of the kind
// can be used for.
func Everything(kind grant.Kind) []string {
	all := topic.Pattern("*")
	if kind == grant.Admin {
		return []string{
			grant.Write(all), string(grant.ManageConnections), string(grant.ManageSubscribers), string(grant.ManageApplication),
		}
	}
	return []string{grant.Write(all), grant.Read(all)}
}

// Token returns a token that may do everything of its kind, until expires.
func (d Development) Token(kind grant.Kind, issued, expires time.Time) (string, error) {
	k := d.Key(kind)
	key, err := grant.ParseSigningKey(k.Algorithm, k.Secret.Reveal())
	if err != nil {
		return "", err
	}
	return grant.Sign(key, grant.Claims{
		Subject: "developer", Permissions: Everything(kind), Issued: issued, Expires: expires,
	})
}

// Node returns the id under which this host records telemetry: random, made
// once, and kept. It says nothing of the machine.
func (f Folder) Node() (telemetry.NodeID, error) {
	var id telemetry.NodeID
	err := f.read(nodeFile, &id)
	if err == nil && id == "" {
		err = fmt.Errorf("%s is empty: remove it to get another id", f.path(nodeFile))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	var random [8]byte
	rand.Read(random[:])
	id = telemetry.NodeID(hex.EncodeToString(random[:]))
	return id, f.write(nodeFile, id)
}
