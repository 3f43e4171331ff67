// Package iam says whether a role's policies allow a request, as AWS Identity
// and Access Management does.
//
// It promises the evaluation of one account's identity-based policies: an
// explicit Deny wins, then any Allow, else no (IAM User Guide, "Policy
// evaluation logic"). Actions match in any case, resources in their own; '*'
// and '?' stand for others.
//
// What it does not know grants nothing: a statement with an element, an
// operator, a key or a variable that is none of those below never allows, and
// always denies when it is a Deny. Each such thing is a finding, so that nobody
// takes a policy that was not understood for one that was tried.
//
// It knows the operators StringEquals, StringNotEquals, StringLike,
// StringNotLike, ArnEquals, ArnLike, Bool and Null, with ForAllValues: and
// ForAnyValue: before them and IfExists behind (IAM User Guide, "Condition
// operators", "Conditions with multiple context keys or values"), and whatever
// keys a request brings. It knows no NotAction, no NotResource, no principals,
// boundaries, session policies or service control policies.
package iam
