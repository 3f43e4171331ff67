package gateway

import (
	"tacet/infra/apigw"
	"tacet/infra/local/iam"
)

// allows reports whether an authorizer's policy lets execute-api:Invoke happen
// on a resource.
func allows(p apigw.Policy, resource string) bool {
	var client iam.Role
	for _, s := range p.Statement {
		client.Statements = append(client.Statements, iam.Statement{Deny: s.Effect == "Deny", Actions: s.Action, Resources: s.Resource})
	}
	return client.Decide(iam.Request{Action: "execute-api:Invoke", Resource: resource}).Allowed
}
