package template

import (
	"strings"

	"tacet/infra/local/iam"
)

// Role is who a function is: what its policies say. What is unknown in them is
// a finding of the statement, which then allows nothing.
type Role struct {
	iam.Role
	// Managed names the managed policies that are not known here: what they
	// allow is not in Statements.
	Managed []string
}

// samRole makes the role of a SAM function: it has one of its own unless it
// says which.
func (b *builder) samRole(f *Function, r *resource) {
	if role := r.properties.get("Role"); role.kind != absent {
		b.refer(f, role)
		return
	}
	f.Role.Name = r.id + "Role"
	b.manage(&f.Role, "AWSLambdaBasicExecutionRole")
	if tracing := r.properties.get("Tracing").text; tracing == "Active" {
		b.manage(&f.Role, "AWSXRayDaemonWriteAccess")
	}
	for _, policy := range r.properties.get("Policies").each() {
		b.policy(&f.Role, policy)
	}
}

// policy adds one of the Policies of a SAM function: the name or the ARN of a
// managed policy, a policy template of SAM's, or a document.
func (b *builder) policy(role *Role, v value) {
	switch {
	case v.kind == scalar:
		b.manage(role, v.text)
	case v.kind != mapping:
		role.Statements = append(role.Statements, iam.Parse(plain(v))...)
	case len(v.names) == 1 && policyTemplates[v.names[0]] != nil:
		role.Statements = append(role.Statements, b.policyTemplate(v.names[0], v.items[0])...)
	case v.get("Statement").kind == absent:
		role.Managed = append(role.Managed, v.names...)
		b.unsupported(v.line, "the policy template %s", strings.Join(v.names, ", "))
	default:
		role.Statements = append(role.Statements, iam.Parse(plain(v))...)
	}
}

// manage adds a managed policy: one of AWS's that is known here, or one of the
// template's own.
func (b *builder) manage(role *Role, name string) {
	if _, short, ok := strings.Cut(name, ":policy/"); ok {
		name = short[strings.LastIndexByte(short, '/')+1:]
	}
	if statements, ok := managedPolicies[name]; ok {
		role.Statements = append(role.Statements, b.statements(statements, value{})...)
		return
	}
	for _, r := range b.e.resources {
		if v := b.e.name(r, 0); r.kind == kindManagedPolicy && v.text == name {
			role.Statements = append(role.Statements, iam.Parse(plain(r.properties.get("PolicyDocument")))...)
			return
		}
	}
	role.Managed = append(role.Managed, name)
}

// refer makes a function have a role of the template's, named by ARN.
func (b *builder) refer(f *Function, v value) {
	_, name, ok := strings.Cut(v.text, ":role/")
	if v.kind != scalar || !ok {
		f.Role.Name = v.text
		return
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	f.Role.Name = name
	for _, r := range b.e.resources {
		if n := b.e.name(r, 0); r.kind == kindRole && n.text == name {
			f.roleRef = r.id
		}
	}
}

// role reads an AWS::IAM::Role.
func (b *builder) role(r *resource) {
	role := &Role{Role: iam.Role{Name: b.e.name(r, r.line).text}}
	b.roles[r.id] = role
	for _, arn := range r.properties.get("ManagedPolicyArns").each() {
		if arn.kind == scalar {
			b.manage(role, arn.text)
		} else {
			role.Managed = append(role.Managed, arn.why)
		}
	}
	for _, policy := range r.properties.get("Policies").each() {
		role.Statements = append(role.Statements, iam.Parse(plain(policy))...)
	}
}

// attachedPolicy reads a policy that says whose it is.
func (b *builder) attachedPolicy(r *resource) {
	b.later = append(b.later, func() {
		p := r.properties
		names := append(p.get("Roles").each(), p.get("RoleName").each()...)
		for _, name := range names {
			found := false
			for id, role := range b.roles {
				if role != nil && (id == name.text || role.Name == name.text) {
					role.Statements = append(role.Statements, iam.Parse(plain(p.get("PolicyDocument")))...)
					found = true
				}
			}
			for _, f := range b.t.Functions {
				if f.roleRef == "" && f.Role.Name == name.text && name.text != "" {
					f.Role.Statements = append(f.Role.Statements, iam.Parse(plain(p.get("PolicyDocument")))...)
					found = true
				}
			}
			if !found {
				b.unsupported(r.line, "%s belongs to a role that is not in the template", r.id)
			}
		}
	})
}
