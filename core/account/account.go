package account

import (
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
)

// ID identifies an account: 32 lower-case hex digits.
type ID string

// MemberID identifies a person in one account: 32 lower-case hex digits. In
// another account the same person has another one.
type MemberID string

// AgeRange is as much of an age as is kept. "" is unsaid.
type AgeRange string

// The age ranges.
const (
	Under18 AgeRange = "under-18"
	From18  AgeRange = "18-24"
	From25  AgeRange = "25-34"
	From35  AgeRange = "35-49"
	From50  AgeRange = "50-64"
	From65  AgeRange = "65-and-over"
)

// Profile is what is held about the person or team that an account belongs to.
// With Payment and the activity log these are the five things that privacy
// promise 1 allows, and no others.
type Profile struct {
	FullName string   `json:"fullName,omitzero"` // at most 200 characters; optional
	AgeRange AgeRange `json:"ageRange,omitzero"` // optional
	Email    string   `json:"email,omitzero"`    // at most 254 characters
}

// Payment is what the payment provider tells of how an account pays. A card
// number is never seen.
type Payment struct {
	Reference string `json:"reference,omitzero"` // the provider's
	Brand     string `json:"brand,omitzero"`     // of the card
	LastFour  string `json:"lastFour,omitzero"`  // digits
	Expires   string `json:"expires,omitzero"`   // YYYY-MM
}

// State of an account.
type State string

// The states.
const (
	Active   State = "active"
	Deleting State = "deleting" // its key is destroyed, or about to be
)

// Account is a customer.
type Account struct {
	ID      ID
	State   State
	Created time.Time
	Profile Profile
	Version directory.Version // for If-Match
}

// Member is a person in an account.
type Member struct {
	ID      MemberID
	Role    Role
	Email   string // "" if the issuer tells none
	Since   time.Time
	Version directory.Version
}

// Invitation lets the person with an e-mail address become a member.
type Invitation struct {
	ID      string // 32 hex digits
	Account ID
	Role    Role
	Email   string
	Expires time.Time
}

// Application is an application as its account sees it.
type Application struct {
	ID        app.ID
	Name      string // 1–100 characters
	Plan      plan.Name
	Suspended bool
	Settings  app.Settings
	Created   time.Time
	Version   directory.Version
}

// KeyID identifies a verification key: 16 hex digits.
type KeyID string

// Key is what is known of a verification key. The key itself is shown once, by
// whoever makes it.
type Key struct {
	ID        KeyID
	Kind      grant.Kind
	Algorithm grant.Algorithm
	JWKSURL   string // "" for a pasted or generated key
	Created   time.Time
	// Until is when the key stops to be good, after a rotation; zero for a key
	// that stays.
	Until time.Time
}

// Token is what is known of an access token. The token itself is shown once.
type Token struct {
	ID      string // 32 hex digits
	Name    string // 1–100 characters
	Member  MemberID
	Scope   []Action // what it may do at most
	Apps    []app.ID // which applications it may touch; none means all
	Created time.Time
	Expires time.Time // a year after Created at most
}

// Entry is a line of the activity log.
type Entry struct {
	At      time.Time
	Member  MemberID
	Token   string // the id of the access token that it was done with; "" for a session
	What    Action
	Object  string // the id of what it was done to
	Address privacy.Anonymised
}

// Page asks for part of a list.
type Page struct {
	After string // a cursor that a list returned; "" is the beginning
	Limit int    // 1–100; 0 means 20
}
