package atrest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"tacet/core/directory"
	"tacet/core/seal"
	"tacet/infra/canary"
	"tacet/infra/vault"
)

// seals opens what is sealed: with each data key that there is, and with that of
// the deployment.
type seals struct {
	all []seal.Sealer
	// opened counts what did open.
	opened int
}

// shards are the parts of a vault in which the data keys of owners lie; see
// package vault.
const shards = "0123456789abcdef"

func newSeals(ctx context.Context, o vault.Options) (*seals, error) {
	keys, s := vault.New(o), &seals{}
	for _, shard := range shards {
		part := directory.Part{Kind: 'd', ID: string(shard)}
		for after, more := "", true; more; more = after != "" {
			page, next, err := o.Directory.List(ctx, part, "", after, directory.MaxPage)
			if err != nil {
				return nil, err
			}
			for _, r := range page {
				sealer, err := keys.Sealer(ctx, r.Name)
				if errors.Is(err, seal.ErrNoKey) {
					continue // destroyed meanwhile
				}
				if err != nil {
					return nil, err
				}
				s.all = append(s.all, sealer)
			}
			after = next
		}
	}
	common, err := vault.NewDeployment(o).Sealer(ctx)
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, common)
	return s, nil
}

// look opens what is sealed in a record, and looks into it.
func (o *seals) look(s *canary.Searcher, sort, key, how string, value []byte) {
	for _, sealed := range candidates(value) {
		for _, sealer := range o.all {
			plain, err := sealer.Open(sealed, key)
			if err != nil {
				continue
			}
			o.opened++
			s.Bytes(canary.Place{Sort: sort, Name: key, Look: how}, plain)
			break
		}
	}
}

// candidates returns what of a record's value may be sealed: all of it, and each
// text in it that is bytes in base64.
func candidates(value []byte) [][]byte {
	all := [][]byte{value}
	var tree any
	if json.Unmarshal(value, &tree) != nil {
		return all
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if b, err := base64.StdEncoding.DecodeString(v); err == nil && len(b) > 0 {
				all = append(all, b)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(tree)
	return all
}

// Seal seals something with the key of the deployment in a data folder, as the
// platform would: it is for finding out whether it is found.
func Seal(ctx context.Context, keys directory.Directory, folder string, plain []byte, place string) ([]byte, error) {
	file, err := vault.OpenKeyFile(filepath.Join(folder, masterFile))
	if err != nil {
		return nil, err
	}
	sealer, err := vault.NewDeployment(vault.Options{Directory: keys, Master: file, Now: time.Now}).Sealer(ctx)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(plain, place)
}
