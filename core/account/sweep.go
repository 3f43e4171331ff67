package account

import (
	"encoding/json"
	"fmt"

	"tacet/core/directory"
)

// Part is where everything of an account lies.
func (id ID) Part() directory.Part { return directory.Part{Kind: 'o', ID: string(id)} }

// Led is embedded in the JSON of every record of an account that lookups lead to
// (a member, an invitation, an access token). It names them in clear, so that
// they can be removed with the record when nothing of it can be opened any more.
type Led struct {
	Lookups []string `json:"lookups,omitempty"` // Key.String of each
}

// LedBy returns what a record holds of its lookups.
func LedBy(lookups ...directory.Key) Led {
	var l Led
	for _, k := range lookups {
		l.Lookups = append(l.Lookups, k.String())
	}
	return l
}

// Lookups returns the keys of what leads to a record of an account. It needs no
// key of the vault.
func Lookups(r directory.Record) ([]directory.Key, error) {
	var l Led
	if err := json.Unmarshal(r.Value, &l); err != nil {
		return nil, fmt.Errorf("the record %s is no JSON object: %w", r.Key, err)
	}
	var keys []directory.Key
	for _, s := range l.Lookups {
		k, err := directory.ParseKey(s)
		if err != nil {
			return nil, fmt.Errorf("the record %s: %w", r.Key, err)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Condemn returns the change that puts the record of an account into the state
// Deleting, if it has not changed since it was read. It needs no key of the
// vault: the value is a JSON object with the state in clear, in "state".
func Condemn(r directory.Record) (directory.Change, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.Value, &fields); err != nil {
		return directory.Change{}, fmt.Errorf("the record %s is no JSON object: %w", r.Key, err)
	}
	fields["state"] = json.RawMessage(`"` + Deleting + `"`)
	value, err := json.Marshal(fields)
	return directory.Replace(r, value), err
}
