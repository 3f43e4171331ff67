// Package app is the application: a tenant of the data plane, with its plan and
// its settings; and, apart from these, the keys that verify its tokens.
//
// Both are records of the directory: a#<app> is the application, v#<app> its
// keys, sealed with the key of the account that it belongs to. Most of the data
// plane verifies nothing, and reads the first only.
package app

import (
	"errors"
	"log/slog"

	"tacet/core/fault"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// ErrNone says that there is no such application.
var ErrNone = errors.New("no such application")

// ID identifies an application: 32 lower-case hex digits.
type ID string

// ParseID returns s as an id, or a fault of kind Invalid.
func ParseID(s string) (ID, error) {
	if len(s) != 32 {
		return "", badID()
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", badID()
		}
	}
	return ID(s), nil
}

func badID() error {
	return &fault.Error{Kind: fault.Invalid, Text: "the application's id is missing or malformed: it is 32 hex digits, as in /apps/<id>"}
}

// Expiry says what happens when the token of an open connection expires.
type Expiry string

// What an application can choose. The zero value means ExpiryConnect.
const (
	ExpiryConnect Expiry = "connect" // nothing: it is checked when connecting
	ExpiryEnforce Expiry = "enforce" // the connection ends, unless a fresh one is sent
)

// Violations says what happens to a connection that oversteps its grant.
type Violations string

// What an application can choose. The zero value means ViolationsClose.
const (
	ViolationsClose Violations = "close" // it gets an error frame and is closed
	ViolationsError Violations = "error" // it gets an error frame
)

// Settings are what the application's owner decides. The zero value is the
// default of each.
type Settings struct {
	Expiry     Expiry         `json:"expiry,omitzero"`
	Violations Violations     `json:"violations,omitzero"`
	Addresses  privacy.Method `json:"addresses,omitzero"`
	// BlindTopics records topic names as keyed hashes.
	BlindTopics bool `json:"blindTopics,omitzero"`
}

// Check returns nil, or a fault of kind Invalid that names the setting.
func (s Settings) Check() error {
	switch {
	case s.Expiry != "" && s.Expiry != ExpiryConnect && s.Expiry != ExpiryEnforce:
		return setting("expiry must be connect or enforce")
	case s.Violations != "" && s.Violations != ViolationsClose && s.Violations != ViolationsError:
		return setting("violations must be close or error")
	}
	return s.Addresses.Check()
}

func setting(text string) error { return &fault.Error{Kind: fault.Invalid, Text: text} }

// App is an application as the data plane sees it. It is read by many at a
// time: whoever changes one makes a new one.
type App struct {
	ID       ID               `json:"id"`
	Account  string           `json:"account"` // that it belongs to, and whose key seals its keys
	Plan     plan.Name        `json:"plan"`
	Settings Settings         `json:"settings,omitzero"`
	Blind    privacy.BlindKey `json:"blind,omitzero"`
	// Suspended says that it serves nobody for now.
	Suspended bool `json:"suspended,omitzero"`
	// Former is a retention that was shorter than the plan's.
	Former Former `json:"former,omitzero"`
}

// Check returns nil, or a fault of kind Invalid that says what is wrong. Stores
// ask before they keep an application.
func (a *App) Check() error {
	if _, err := ParseID(string(a.ID)); err != nil {
		return err
	}
	return a.Settings.Check()
}

// LogValue returns the id: a log handler that encoded an App would write the
// key that topics are blinded with, because JSON is how stores keep it.
func (a App) LogValue() slog.Value { return slog.StringValue(string(a.ID)) }

// Limits returns the plan's quotas. A plan that no longer exists leaves the
// smallest one, so that nobody gains by it.
func (a *App) Limits() plan.Plan {
	p, err := plan.ByName(a.Plan)
	if err != nil {
		return plan.Default()
	}
	return p
}
