package command

import (
	"context"
	"net/http"
	"time"

	"tacet/infra/apiclient"
)

// vaultCommand is the commands for the keys that what is personal is sealed with.
type vaultCommand struct {
	Rotate vaultRotate `cmd:"" help:"Change the keys that what is personal is sealed with, while the platform runs."`
}

// vaultRotate changes keys of the platform on this machine.
type vaultRotate struct {
	managed
	Master bool `help:"Change the master key, which data keys are wrapped with, instead of the data keys."`
}

func (vaultRotate) example() string {
	return `  tacet vault rotate
  tacet vault rotate --master

For whoever runs the platform. The first gives every account a new key to seal
with; what was sealed before opens as it did, and gets the new key when it is
next written. The second makes a new master key and wraps every data key with
it; the former one leaves the file "master" in the data folder at the next start.
Keep a copy of that file, as of the vault.
`
}

// rotated is what a change has come to.
type rotated struct {
	Changed int `json:"changed"`
}

// Run changes them.
func (v vaultRotate) Run(ctx context.Context, c *console) error {
	o, err := v.find()
	if err != nil {
		return err
	}
	which := "data"
	if v.Master {
		which = "master"
	}
	answer, err := o.do(ctx, apiclient.Request{Method: http.MethodPost, Path: "/v1/operator/rotation", Body: map[string]any{"keys": which, "since": time.Now().UTC()}})
	if err != nil {
		return err
	}
	return show(c, v.JSON, answer, func(r rotated) error {
		c.say("%s", changed(v.Master, r.Changed))
		return nil
	})
}

func changed(master bool, n int) string {
	if master {
		return count(int64(n), "data key") + " wrapped with the new master key."
	}
	return count(int64(n), "account") + " with a new data key."
}

// stackRotate changes keys of a deployed stack.
type stackRotate struct {
	ofStack
	Vault  string   `name:"vault-table" required:"" placeholder:"NAME" help:"The stack's table for data keys (output VaultTableName)."`
	Keys   []string `name:"key" required:"" placeholder:"ARN" help:"The stack's key for data keys (output VaultKeyArn); with --master the new one, and then the former ones."`
	Master bool     `help:"Wrap data keys with the first of several keys, instead of giving every account a new data key."`
	JSON   asJSON   `name:"json" help:"Print one line of JSON."`
}

func (stackRotate) example() string {
	return `  tacet stack rotate --vault-table tacet-VaultTable-2DEF --key arn:aws:kms:eu-central-1:123456789012:key/0123-…

You need dynamodb:GetItem, PutItem and Query on the table, and kms:Encrypt and
kms:Decrypt with the keys. KMS rotates its own keys by itself, once a year; this
is for data keys, or for a key of KMS that takes the place of another.
`
}

// Run changes them.
func (s stackRotate) Run(ctx context.Context, c *console) error {
	if s.Master && len(s.Keys) < 2 {
		return misused("--master needs the new key and the former ones: say --key NEW --key OLD")
	}
	who, err := s.identify(ctx)
	if err != nil {
		return err
	}
	v, d := s.vault(who, s.Vault, s.Keys)
	var n int
	if s.Master {
		n, err = v.Rewrap(ctx)
	} else {
		since := time.Now()
		if n, err = v.RotateAll(ctx, since); err == nil {
			err = d.Rotate(ctx, since)
		}
	}
	if err != nil {
		return explained(err)
	}
	if s.JSON {
		return c.line(rotated{n})
	}
	c.say("%s", changed(s.Master, n))
	return nil
}
