package manage

import (
	"context"
	"net/http"
	"time"

	"tacet/core/account"
)

// Entry is a line of the activity log.
type Entry struct {
	At      time.Time        `json:"at"`
	Member  account.MemberID `json:"member" doc:"Who did it." example:"0123456789abcdef0123456789abcdef"`
	Token   string           `json:"token,omitempty" doc:"The access token that it was done with; left out for a session."`
	What    account.Action   `json:"what" doc:"The permission that it needed." example:"apps:create"`
	Object  string           `json:"object,omitempty" doc:"The id of what it was done to." example:"0123456789abcdef0123456789abcdef"`
	Address string           `json:"address,omitempty" doc:"Where from, anonymised: the method, its version, and what is kept." example:"ipcrypt/1/7d0c:3f2a:91b4:5e66:0a1c:88d9:4b7f:e203"`
}

func entryOf(e account.Entry) Entry {
	address, _ := e.Address.MarshalText() // which never fails
	return Entry{e.At, e.Member, e.Token, e.What, e.Object, string(address)}
}

func (s *server) routeActivity() {
	within(s, operation{
		id: "list-activity", method: http.MethodGet, path: accountPath + "/activity", tag: "accounts", query: pageQuery,
		summary: "Read the activity log", text: "What has been changed, the newest first. An entry is kept for a year.", needs: account.ReadActivity,
	}, func(ctx context.Context, c *call, me *account.Caller) (*listOutput[Entry], error) {
		page, next, err := me.Activity(ctx, c.page())
		return listed(page, next, entryOf), err
	})
}
