package manage

import (
	"context"
	"net/http"

	"tacet/core/account"
	"tacet/core/plan"
)

// Plan is a set of quotas and a retention. Of a quota, zero means no limit.
type Plan struct {
	Name                  plan.Name `json:"name" example:"team"`
	Connections           int       `json:"connections" doc:"Open at a time; zero is no limit, here and below."`
	ConnectionsPerSubject int       `json:"connectionsPerSubject" doc:"Of these, of one subject."`
	TopicsPerConnection   int       `json:"topicsPerConnection" doc:"Besides those that every connection has."`
	MessageBytes          int       `json:"messageBytes" doc:"How large a payload may be."`
	MessagesPerSecond     int       `json:"messagesPerSecond" doc:"Of one connection, on average."`
	RetentionSeconds      int64     `json:"retentionSeconds" doc:"How long telemetry is readable." example:"2592000"`
}

// Permission is a line of the table of permissions.
type Permission struct {
	Action account.Action `json:"action" example:"apps:create"`
	What   string         `json:"what" example:"create applications"`
	Roles  []account.Role `json:"roles" doc:"Who has it."`
}

type plansOutput struct {
	Body []Plan `nullable:"false"`
}

type permissionsOutput struct {
	Body []Permission `nullable:"false"`
}

// routeTables adds what is the same for everybody.
func (s *server) routeTables() {
	public(s, operation{
		id: "list-plans", method: http.MethodGet, path: "/v1/plans", tag: "public", summary: "List the plans that there are",
	}, func(context.Context, *call) (*plansOutput, error) {
		out := &plansOutput{}
		for _, p := range plan.All() {
			out.Body = append(out.Body, Plan{
				p.Name, p.Connections, p.ConnectionsPerSubject, p.TopicsPerConnection, p.MessageBytes, p.MessagesPerSecond, int64(p.Retention.Seconds()),
			})
		}
		return out, nil
	})
	public(s, operation{
		id: "list-permissions", method: http.MethodGet, path: "/v1/permissions", tag: "public", summary: "Who may do what",
		text: "The table that decides. Beyond it: an account always has an owner; only owners make, change and remove owners; an access token may do what its scope says and its member may.",
	}, func(context.Context, *call) (*permissionsOutput, error) {
		out := &permissionsOutput{}
		for _, p := range account.Permissions() {
			out.Body = append(out.Body, Permission(p))
		}
		return out, nil
	})
}
