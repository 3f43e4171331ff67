package manage

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"tacet/core/account"
	"tacet/core/ledger"
)

// Challenge is what somebody has to read before he deletes an account.
type Challenge struct {
	Phrase  string           `json:"phrase" doc:"To be repeated." example:"delete 0123456789abcdef0123456789abcdef QWERTZ"`
	Expires time.Time        `json:"expires" doc:"Until when it is good."`
	Request ledger.RequestID `json:"request" doc:"What the deletion can be followed by: note it down before it begins." example:"0123456789abcdef0123456789abcdef"`
	Apps    int              `json:"apps" doc:"How many applications will be lost."`
	Members int              `json:"members" doc:"How many people lose their account, you among them."`
}

// Phrase repeats what the challenge said.
type Phrase struct {
	Phrase string `json:"phrase" maxLength:"200" example:"delete 0123456789abcdef0123456789abcdef QWERTZ"`
}

// Deletion is what has begun.
type Deletion struct {
	Request ledger.RequestID `json:"request" doc:"What it can be followed by: whoever knows it can." example:"0123456789abcdef0123456789abcdef"`
}

// DeletionStatus is how far a deletion has come.
type DeletionStatus struct {
	Request     ledger.RequestID `json:"request" example:"0123456789abcdef0123456789abcdef"`
	Stage       ledger.Stage     `json:"stage" enum:"requested,completed,failed"`
	Requested   time.Time        `json:"requested"`
	Step        string           `json:"step,omitempty" doc:"What is being done; left out when all is." example:"telemetry"`
	Done        int              `json:"done" doc:"How many steps are done."`
	Steps       int              `json:"steps" doc:"How many steps there are."`
	Counts      map[string]int64 `json:"counts" doc:"What was removed so far, by store."`
	Certificate json.RawMessage  `json:"certificate,omitempty" doc:"When it is completed: what was removed from where and when, signed by the deployment (Ed25519 over RFC 8785)."`
}

type (
	challengeOutput struct{ Body Challenge }
	deletionOutput  struct {
		Location string `header:"Location" doc:"Where the deletion can be followed."`
		Body     Deletion
	}
	statusOutput struct{ Body DeletionStatus }
)

func (s *server) routeDeletions() {
	within(s, operation{
		id: "challenge-deletion", method: http.MethodPost, path: accountPath + "/deletion", tag: "your rights",
		summary: "Learn what deleting the account would take, and the phrase that does", needs: account.DeleteAccount,
		text: "It needs a session that is younger than 15 minutes.",
	}, s.challenge)
	within(s, operation{
		id: "delete-account", method: http.MethodDelete, path: accountPath, tag: "your rights", status: http.StatusAccepted,
		summary: "Delete the account for good", needs: account.DeleteAccount,
		text: "Nobody can read anything of it any more when this has answered: its key is destroyed first. Then every store is swept, and a signed certificate says so. It needs a session that is younger than 15 minutes.",
		body: Phrase{}, example: Phrase{"delete 0123456789abcdef0123456789abcdef QWERTZ"},
	}, s.deleteAccount)
	public(s, operation{
		id: "get-deletion", method: http.MethodGet, path: "/v1/deletions/{request}", tag: "your rights",
		summary: "Follow a deletion", text: "For whoever knows its request, for a year.",
	}, s.deletion)
}

func (s *server) challenge(ctx context.Context, _ *call, me *account.Caller) (*challengeOutput, error) {
	x, err := s.Rights.Challenge(ctx, me)
	if err != nil {
		return nil, err
	}
	return &challengeOutput{Challenge(*x)}, nil
}

func (s *server) deleteAccount(ctx context.Context, c *call, me *account.Caller) (*deletionOutput, error) {
	var in Phrase
	if err := c.read(&in); err != nil {
		return nil, err
	}
	request, err := s.Rights.Delete(ctx, me, in.Phrase)
	if err != nil {
		return nil, err
	}
	return &deletionOutput{"/v1/deletions/" + string(request), Deletion{request}}, nil
}

func (s *server) deletion(ctx context.Context, c *call) (*statusOutput, error) {
	x, err := s.Rights.Status(ctx, c.path("request"))
	if err != nil {
		return nil, err
	}
	out := &statusOutput{DeletionStatus{x.Request, x.Stage, x.Requested, x.Step, x.Done, x.Steps, x.Counts, x.Certificate}}
	if out.Body.Counts == nil {
		out.Body.Counts = map[string]int64{}
	}
	return out, nil
}
