package account

import "slices"

// Role is what a member may do in an account.
type Role string

// The roles.
const (
	Owner     Role = "owner"
	Admin     Role = "admin"
	Developer Role = "developer"
	Billing   Role = "billing"
	Viewer    Role = "viewer"
)

// Roles are all roles, in the order of the table below.
var Roles = []Role{Owner, Admin, Developer, Billing, Viewer}

// Action is what can be done in an account. Access tokens are scoped by
// actions: the names are published.
type Action string

// The actions.
const (
	ReadAccount    Action = "account:read"
	UpdateAccount  Action = "account:update"
	DeleteAccount  Action = "account:delete"
	ExportAccount  Action = "account:export"
	ReadPayment    Action = "payment:read"
	UpdatePayment  Action = "payment:update"
	ReadMembers    Action = "members:read"
	ManageMembers  Action = "members:manage"
	ReadApps       Action = "apps:read"
	CreateApps     Action = "apps:create"
	UpdateApps     Action = "apps:update"
	SuspendApps    Action = "apps:suspend"
	DeleteApps     Action = "apps:delete"
	ReadKeys       Action = "keys:read"
	ManageKeys     Action = "keys:manage"
	ChangePlans    Action = "plans:change"
	ReadReports    Action = "reports:read"
	ReadActivity   Action = "activity:read"
	ExportSelf     Action = "self:export"
	LeaveAccount   Action = "self:leave"
	ManageTokens   Action = "tokens:manage"     // one's own
	ManageAnyToken Action = "tokens:manage-any" // those of other members too: see and revoke
)

// permissions is who may do what. It is the only place that says so.
//
// Beyond it: an account always has an owner; only owners make, change and
// remove owners; an access token may do what its scope says and its member may,
// makes nobody an owner, and does nothing of everyApp if it is for some.
var permissions = []struct {
	Action                                   Action
	Owner, Admin, Developer, Billing, Viewer bool
	What                                     string
}{
	{ReadAccount, true, true, true, true, true, "see the account's name and state"},
	{UpdateAccount, true, true, false, false, false, "change the account's profile"},
	{DeleteAccount, true, false, false, false, false, "delete the account for good"},
	{ExportAccount, true, false, false, false, false, "download everything held about the account"},
	{ReadPayment, true, false, false, true, false, "see payment details"},
	{UpdatePayment, true, false, false, true, false, "change payment details"},
	{ReadMembers, true, true, true, true, true, "see who is a member"},
	{ManageMembers, true, true, false, false, false, "invite and remove members, change their roles"},
	{ReadApps, true, true, true, true, true, "see applications, their settings and plans"},
	{CreateApps, true, true, true, false, false, "create applications"},
	{UpdateApps, true, true, true, false, false, "rename applications, change their settings"},
	{SuspendApps, true, true, false, false, false, "suspend applications, and resume them"},
	{DeleteApps, true, true, false, false, false, "delete applications for good"},
	{ReadKeys, true, true, true, false, false, "see which verification keys there are"},
	{ManageKeys, true, true, true, false, false, "create, rotate and revoke verification keys"},
	{ChangePlans, true, false, false, true, false, "change an application's plan"},
	{ReadReports, true, true, true, false, true, "read reports and live figures"},
	{ReadActivity, true, true, false, false, false, "read the activity log"},
	{ExportSelf, true, true, true, true, true, "download everything held about oneself"},
	{LeaveAccount, true, true, true, true, true, "leave the account"},
	{ManageTokens, true, true, true, true, true, "make, see and revoke access tokens of one's own"},
	{ManageAnyToken, true, true, false, false, false, "see and revoke access tokens of other members"},
}

// May reports whether a role may do something.
func (r Role) May(a Action) bool {
	for _, p := range permissions {
		if p.Action == a {
			i := slices.Index(Roles, r)
			return i >= 0 && []bool{p.Owner, p.Admin, p.Developer, p.Billing, p.Viewer}[i]
		}
	}
	return false
}

// Permission is a line of the table, for documents.
type Permission struct {
	Action Action
	What   string
	Roles  []Role
}

// Permissions returns the whole table.
func Permissions() []Permission {
	var all []Permission
	for _, p := range permissions {
		line := Permission{Action: p.Action, What: p.What}
		for _, r := range Roles {
			if r.May(p.Action) {
				line.Roles = append(line.Roles, r)
			}
		}
		all = append(all, line)
	}
	return all
}
