package vault

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tacet/core/directory"
)

// The kinds of parts that a vault has.
const (
	owners  directory.Kind = 'd'
	commons directory.Kind = 'w'
)

const shards = "0123456789abcdef" // the parts of owners, so that none gets hot

// place is where a key lies and whom it is for.
type place struct {
	key   directory.Key
	owner string // what it is bound to: for a common one, "deployment/root"
}

// ofOwner returns where the key of an owner lies.
func ofOwner(owner string) (place, error) {
	p := place{owner: owner}
	if len(owner) == 0 || len(owner) > 128 {
		return p, errOwner
	}
	for _, c := range []byte(owner) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '-' {
			return p, errOwner
		}
	}
	sum := sha256.Sum256([]byte(owner))
	p.key = directory.Key{Part: directory.Part{Kind: owners, ID: shards[sum[0]>>4 : sum[0]>>4+1]}, Name: owner}
	return p, nil
}

var errOwner = errors.New("an owner of a data key is 1–128 characters of A–Z a–z 0–9 _ -")

// common returns where a secret of the deployment lies. Its owner has a slash,
// which no other owner has.
func common(name string) place {
	return place{directory.Key{Part: directory.Part{Kind: commons, ID: "deployment"}, Name: name}, "deployment/" + name}
}

// placeOf returns the place whose key this is.
func placeOf(k directory.Key) place {
	if k.Kind == commons {
		return common(k.Name)
	}
	return place{k, k.Name}
}

// everywhere returns all parts of a vault.
func everywhere() []directory.Part {
	parts := []directory.Part{{Kind: commons, ID: "deployment"}}
	for _, shard := range shards {
		parts = append(parts, directory.Part{Kind: owners, ID: string(shard)})
	}
	return parts
}

func isEmpty(ctx context.Context, d directory.Directory) (bool, error) {
	for _, part := range everywhere() {
		for after := ""; ; {
			page, next, err := d.List(ctx, part, "", after, 1)
			if err != nil || len(page) > 0 {
				return false, err
			}
			if next == "" {
				break
			}
			after = next
		}
	}
	return true, nil
}

// wrapped is what a record holds.
type wrapped struct {
	Master string    `json:"master"` // the name of what wrapped Key
	Made   time.Time `json:"made"`   // when the newest key in it was
	Key    []byte    `json:"key"`
}

func (w wrapped) encode() []byte {
	data, err := json.Marshal(w)
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return data
}

func decode(data []byte) (wrapped, error) {
	var w wrapped
	if err := json.Unmarshal(data, &w); err != nil || w.Master == "" {
		// The error of the decoder would quote the record.
		return w, errDamaged
	}
	return w, nil
}

var errDamaged = fmt.Errorf("the record of the key is damaged")
