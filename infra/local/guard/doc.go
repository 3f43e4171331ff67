// Package guard stands before the services that functions call, on one machine:
// DynamoDB, Lambda, KMS, and API Gateway's management API.
//
// It promises that a request passes only if it is signed by somebody known and
// that somebody's role allows all that it needs, as AWS would see it; that
// others are refused in AWS's words; and that it counts who called what, and
// which grants were of use. A transaction needs what its parts need (DynamoDB
// Developer Guide, "Amazon DynamoDB Transactions: How it works", "IAM for
// transactions").
//
// The condition keys that it supplies are, for DynamoDB, dynamodb:LeadingKeys,
// dynamodb:Attributes, dynamodb:Select, dynamodb:ReturnValues and
// dynamodb:EnclosingOperation (DynamoDB Developer Guide, "Using IAM policy
// conditions for fine-grained access control"); for the others, none.
//
// It can make trouble, too: fail, before or after the service did what it was
// asked, or fall silent.
//
// It does not know requests in forms that were superseded long ago
// (KeyConditions, AttributesToGet, Expected), nor PartiQL: for these it supplies
// no key that a condition would accept. It keeps nothing of a request but the
// names of tables, indexes and functions.
package guard
