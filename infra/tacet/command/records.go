package command

import (
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/plan"
)

// What the API of accounts answers, as far as people are shown it.
type (
	accountRecord struct {
		ID      string          `json:"id"`
		State   string          `json:"state"`
		Created time.Time       `json:"created"`
		Profile account.Profile `json:"profile"`
	}
	membershipRecord struct {
		Account accountRecord `json:"account"`
		Member  string        `json:"member"`
		Role    string        `json:"role"`
	}
	memberRecord struct {
		ID    string    `json:"id"`
		Role  string    `json:"role"`
		Email string    `json:"email"`
		Since time.Time `json:"since"`
	}
	invitationRecord struct {
		ID      string    `json:"id"`
		Account string    `json:"account"`
		Role    string    `json:"role"`
		Email   string    `json:"email"`
		Expires time.Time `json:"expires"`
	}
	appRecord struct {
		ID        string       `json:"id"`
		Name      string       `json:"name"`
		Plan      plan.Name    `json:"plan"`
		Suspended bool         `json:"suspended"`
		Settings  app.Settings `json:"settings"`
		Created   time.Time    `json:"created"`
	}
	keyRecord struct {
		ID        string     `json:"id"`
		Kind      string     `json:"kind"`
		Algorithm string     `json:"algorithm"`
		JWKSURL   string     `json:"jwksUrl"`
		Created   time.Time  `json:"created"`
		Until     *time.Time `json:"until"`
		Secret    string     `json:"secret"` // of one that was just made
	}
	tokenRecord struct {
		ID      string    `json:"id"`
		Name    string    `json:"name"`
		Member  string    `json:"member"`
		Scope   []string  `json:"scope"`
		Apps    []string  `json:"apps"`
		Created time.Time `json:"created"`
		Expires time.Time `json:"expires"`
		Secret  string    `json:"secret"` // the token itself, of one that was just made
	}
	entryRecord struct {
		At      time.Time `json:"at"`
		Member  string    `json:"member"`
		Token   string    `json:"token"`
		What    string    `json:"what"`
		Object  string    `json:"object"`
		Address string    `json:"address"`
	}
	planRecord struct {
		Name                  string `json:"name"`
		Connections           int    `json:"connections"`
		ConnectionsPerSubject int    `json:"connectionsPerSubject"`
		TopicsPerConnection   int    `json:"topicsPerConnection"`
		MessageBytes          int    `json:"messageBytes"`
		MessagesPerSecond     int    `json:"messagesPerSecond"`
		RetentionSeconds      int64  `json:"retentionSeconds"`
	}
	permissionRecord struct {
		Action string   `json:"action"`
		What   string   `json:"what"`
		Roles  []string `json:"roles"`
	}
	meRecord struct {
		Person struct {
			Email    string `json:"email"`
			Operator bool   `json:"operator"`
		} `json:"person"`
		Memberships []membershipRecord `json:"memberships"`
		Invitations []invitationRecord `json:"invitations"`
	}
)

// roles are the words for roles, for the enum of a flag.
func roles() string {
	var all []string
	for _, r := range account.Roles {
		all = append(all, string(r))
	}
	return strings.Join(all, ",")
}
