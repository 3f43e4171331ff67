package account

import (
	"encoding/json"
	"fmt"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/seal"
)

// The names of an account's records, or how they begin. See the package comment.
const (
	accountName      = "account"
	tallyName        = "tally"
	paymentName      = "payment"
	memberPrefix     = "member/"
	invitationPrefix = "invitation/"
	appPrefix        = "app/"
	keysPrefix       = "keys/"
	tokenPrefix      = "token/"
	logPrefix        = "log/"
	oncePrefix       = "once/"
)

func keyOf(id ID, name string) directory.Key { return directory.Key{Part: id.Part(), Name: name} }

// ofPerson is where the lookups of a person's memberships lie: by the keyed hash
// of the person.
func ofPerson(person string) directory.Part { return directory.Part{Kind: 'p', ID: person} }

func byPerson(person string, id ID) directory.Key {
	return directory.Key{Part: ofPerson(person), Name: string(id)}
}

// ofEmail is where the lookups of invitations lie: by the keyed hash of the
// address.
func ofEmail(email string) directory.Part { return directory.Part{Kind: 'i', ID: email} }

func byEmail(email string, id ID, invitation string) directory.Key {
	return directory.Key{Part: ofEmail(email), Name: string(id) + "/" + invitation}
}

// bySecret is the lookup of an access token, or the mark that a session has
// ended or a code was used: from the hash of the token.
func bySecret(hash string) directory.Key {
	return directory.Key{Part: directory.Part{Kind: 's', ID: hash}, Name: directory.Only}
}

// The values of records, as JSON. What is sealed is JSON too.
type (
	accountRecord struct {
		State   State     `json:"state"`
		Created time.Time `json:"created"`
		Profile []byte    `json:"profile"` // sealed: Profile
	}
	// tallyRecord is replaced by whoever changes who is a member or an owner,
	// or which applications there are: of two who do it at the same time one is
	// told to look again.
	tallyRecord struct {
		Members int `json:"members"`
		Owners  int `json:"owners"`
		Apps    int `json:"apps,omitzero"`
	}
	paymentRecord struct {
		Payment []byte `json:"payment"` // sealed: Payment
	}
	memberRecord struct {
		Led
		Role   Role        `json:"role"`
		Since  time.Time   `json:"since"`
		Tokens []heldToken `json:"tokens,omitempty"`
		Email  []byte      `json:"email"` // sealed: string
	}
	// heldToken is an access token that a member has made.
	heldToken struct {
		ID      string    `json:"id"`
		Hash    string    `json:"hash"`
		Expires time.Time `json:"expires"`
	}
	invitationRecord struct {
		Led
		By       MemberID  `json:"by"` // it ends with this member's right to invite
		Role     Role      `json:"role"`
		Expires  time.Time `json:"expires"`
		Accepted bool      `json:"accepted,omitempty"`
		Email    []byte    `json:"email"` // sealed: string
	}
	tokenRecord struct {
		Led
		Member  MemberID  `json:"member"`
		Scope   []Action  `json:"scope,omitempty"`
		Apps    []app.ID  `json:"apps,omitempty"`
		Created time.Time `json:"created"`
		Expires time.Time `json:"expires"`
		Name    []byte    `json:"name"` // sealed: string
	}
	// personRecord is the lookup of a membership.
	personRecord struct {
		Member MemberID `json:"member"`
	}
	// secretRecord is the lookup of an access token; empty for a session or a
	// code that is over.
	secretRecord struct {
		Account ID     `json:"account,omitempty"`
		Token   string `json:"token,omitempty"`
	}
)

// removing returns the changes that remove a record as it was read, and what
// leads to it.
func removing(r directory.Record) ([]directory.Change, error) {
	lookups, err := Lookups(r)
	changes := []directory.Change{directory.Remove(r)}
	for _, k := range lookups {
		changes = append(changes, directory.Delete(k, directory.Always))
	}
	return changes, err
}

// decode returns what a record holds.
func decode[R any](r directory.Record) (R, error) {
	var value R
	if err := json.Unmarshal(r.Value, &value); err != nil {
		// The error could quote what stands there.
		return value, fmt.Errorf("the record %s cannot be read", r.Key)
	}
	return value, nil
}

// encode returns the value of a record.
func encode(value any) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("a record cannot be written")
	}
	return b, nil
}

// sealJSON returns a value sealed for its place, the record k.
func sealJSON(s seal.Sealer, k directory.Key, value any) ([]byte, error) {
	plain, err := encode(value)
	if err != nil {
		return nil, err
	}
	return s.Seal(plain, k.String())
}

// openJSON returns what sealJSON has sealed in the record k.
func openJSON[V any](s seal.Sealer, k directory.Key, sealed []byte) (V, error) {
	var value V
	plain, err := s.Open(sealed, k.String())
	if err != nil {
		return value, fmt.Errorf("the record %s: %w", k, err)
	}
	if json.Unmarshal(plain, &value) != nil {
		return value, fmt.Errorf("the record %s cannot be read", k)
	}
	return value, nil
}
