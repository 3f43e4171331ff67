package iam_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tacet/infra/local/iam"
)

const (
	table = "arn:aws:dynamodb:eu-central-1:123456789012:table/directory"
	keys  = "dynamodb:LeadingKeys"
)

// role returns one with the statements that are written, in short: quotes are
// single, the table is T.
func role(t *testing.T, statements string) iam.Role {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(strings.NewReplacer("'T", `"`+table, "'", `"`).Replace(statements)), &document); err != nil {
		t.Fatal(err)
	}
	return iam.Role{Name: "ConnectFunction", Statements: iam.Parse(document)}
}

func TestPoliciesAreEvaluated(t *testing.T) {
	get := iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: map[string][]string{keys: {"a#1", "a#2"}, "aws:SecureTransport": {"true"}, "dynamodb:Select": nil}}
	for _, c := range []struct {
		name, policy string
		allowed      bool
	}{
		{"nothing", `[]`, false},
		{"one statement", `{'Effect':'Allow','Action':'dynamodb:GetItem','Resource':'T'}`, true},
		{"lists", `[{'Effect':'Allow','Action':['dynamodb:Query','dynamodb:GetItem'],'Resource':['x','T']}]`, true},
		{"a document", `{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'dynamodb:GetItem','Resource':'T'}]}`, true},
		{"actions in any case", `{'Effect':'Allow','Action':'DynamoDB:getitem','Resource':'T'}`, true},
		{"wildcards", `{'Effect':'Allow','Action':'dynamodb:Get*','Resource':'arn:aws:dynamodb:*:*:table/direct?ry'}`, true},
		{"another action", `{'Effect':'Allow','Action':'dynamodb:PutItem','Resource':'T'}`, false},
		{"the index is not the table", `{'Effect':'Allow','Action':'dynamodb:GetItem','Resource':'T/index/*'}`, false},
		{"resources in their own case", `{'Effect':'Allow','Action':'dynamodb:GetItem','Resource':'arn:aws:dynamodb:eu-central-1:123456789012:table/Directory'}`, false},
		{"a deny wins", `[{'Effect':'Allow','Action':'*','Resource':'*'},{'Effect':'Deny','Action':'dynamodb:*','Resource':'T'}]`, false},
		{"a deny of something else", `[{'Effect':'Allow','Action':'*','Resource':'*'},{'Effect':'Deny','Action':'dynamodb:PutItem','Resource':'T'}]`, true},
		{"a condition that holds", allow(`'ForAllValues:StringLike':{'dynamodb:LeadingKeys':['k#*','a#*']}`), true},
		{"one that holds of some values", allow(`'ForAllValues:StringLike':{'dynamodb:LeadingKeys':'a#1'}`), false},
		{"any value", allow(`'ForAnyValue:StringEquals':{'dynamodb:LeadingKeys':'a#1'}`), true},
		{"no value", allow(`'ForAnyValue:StringEquals':{'dynamodb:LeadingKeys':'b'}`), false},
		{"equality knows no wildcards", allow(`'ForAllValues:StringEquals':{'dynamodb:LeadingKeys':'a#*'}`), false},
		{"negated", allow(`'ForAllValues:StringNotLike':{'dynamodb:LeadingKeys':'b#*'}`), true},
		{"negated, and it is", allow(`'ForAllValues:StringNotLike':{'dynamodb:LeadingKeys':'a#2'}`), false},
		{"all of several", allow(`'ForAllValues:StringLike':{'dynamodb:LeadingKeys':'a#*'},'Bool':{'aws:SecureTransport':true}`), true},
		{"one of several fails", allow(`'ForAllValues:StringLike':{'dynamodb:LeadingKeys':'a#*'},'Bool':{'aws:SecureTransport':'false'}`), false},
		{"keys in any case", allow(`'ForAllValues:StringLike':{'DynamoDB:leadingkeys':'a#*'}`), true},
		{"an absent key", allow(`'StringEquals':{'dynamodb:Select':'COUNT'}`), false},
		{"an absent key, if it exists", allow(`'StringEqualsIfExists':{'dynamodb:Select':'COUNT'}`), true},
		{"an absent key, all of its values", allow(`'ForAllValues:StringEquals':{'dynamodb:Select':'COUNT'}`), true},
		{"an absent key, any of its values", allow(`'ForAnyValue:StringEquals':{'dynamodb:Select':'COUNT'}`), false},
		{"an absent key, negated", allow(`'StringNotEquals':{'dynamodb:Select':'COUNT'}`), true},
		{"that a key is absent", allow(`'Null':{'dynamodb:Select':'true'}`), true},
		{"that a key is there", allow(`'Null':{'dynamodb:Select':'false'}`), false},
	} {
		d := role(t, c.policy).Decide(get)
		if d.Allowed != c.allowed || len(d.Findings) > 0 {
			t.Errorf("%s: allowed %v, findings %q", c.name, d.Allowed, d.Findings)
		}
		if d.Allowed != (len(d.Grants) > 0) {
			t.Errorf("%s: allowed %v by %v", c.name, d.Allowed, d.Grants)
		}
	}
}

func allow(condition string) string {
	return `{'Effect':'Allow','Action':'dynamodb:GetItem','Resource':'T','Condition':{` + condition + `}}`
}

func TestWhatIsNotUnderstoodGrantsNothingAndIsSaid(t *testing.T) {
	everything := `{'Effect':'Allow','Action':'*','Resource':'*'}`
	for _, c := range []struct{ policy, want string }{
		{allow(`'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}`), "IpAddress"},
		{allow(`'StringEquals':{'aws:PrincipalTag/team':'a'}`), "aws:PrincipalTag/team"},
		{allow(`'StringLike':{'dynamodb:LeadingKeys':'${aws:username}'}`), "${aws:username}"},
		{`{'Effect':'Allow','Action':'dynamodb:*','Resource':'T','NotPrincipal':'x'}`, "NotPrincipal"},
		{`{'Effect':'Perhaps','Action':'dynamodb:*','Resource':'T'}`, "Perhaps"},
		{`{'Action':'dynamodb:*','Resource':'T'}`, "no Effect"},
		{`{'Effect':'Allow','Action':'dynamodb:*','Resource':['T',{'Fn::Somewhere':'x'}]}`, "no text"},
		{`[` + everything + `,{'Effect':'Deny','Action':'dynamodb:*','Resource':'*','Condition':{'DateLessThan':{'aws:CurrentTime':'2030-01-01'}}}]`, "DateLessThan"},
	} {
		d := role(t, c.policy).Decide(iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: map[string][]string{keys: {"a#1"}}})
		if d.Allowed || !strings.Contains(strings.Join(d.Findings, "; "), c.want) {
			t.Errorf("%s: allowed %v, findings %q, want %q", c.policy, d.Allowed, d.Findings, c.want)
		}
	}
}

func TestGrantsAreNamedAsTheyAreWritten(t *testing.T) {
	r := role(t, `[{'Effect':'Deny','Action':'s3:*','Resource':'*'},{'Effect':'Allow','Action':['dynamodb:GetItem','dynamodb:Q*'],'Resource':['T','T/index/*']}]`)
	if got := len(r.Granted()); got != 4 {
		t.Errorf("it grants %d things", got)
	}
	by := role(t, `{'Effect':'Allow','Action':'dynamodb:*','Resource':'T','Condition':{'ForAllValues:StringLike':{'dynamodb:LeadingKeys':['a#*','b#*','c#*']}}}`)
	if got := len(by.Granted()); got != 3 {
		t.Errorf("with a condition of three values it grants %d things", got)
	}
	of := by.Decide(iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: map[string][]string{keys: {"c#1", "a#1"}}})
	if want := []iam.Grant{{Action: "dynamodb:*", Resource: table, Value: "a#*"}, {Action: "dynamodb:*", Resource: table, Value: "c#*"}}; !slices.Equal(of.Grants, want) {
		t.Errorf("granted by %v, want %v", of.Grants, want)
	}
	d := r.Decide(iam.Request{Action: "dynamodb:Query", Resource: table + "/index/due"})
	if want := []iam.Grant{{Statement: 1, Action: "dynamodb:Q*", Resource: table + "/index/*"}}; !slices.Equal(d.Grants, want) {
		t.Errorf("granted by %v, want %v", d.Grants, want)
	}
}
