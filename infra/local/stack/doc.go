// Package stack is the platform in the shape that it has on AWS, on one machine,
// made from the template that deploys it.
//
// What stands in a process of its own on AWS does so here: each function is a
// compiled bootstrap over the Lambda Runtime API, invoked with JSON; the tables
// are in DynamoDB Local; connections are posted to over HTTP, signed. In front
// are a gateway that behaves as API Gateway does, not Ordered, and an HTTP API.
// A stream feeds rollup, a schedule invokes expire.
//
// It promises that everything that can be is made from the template and nothing
// else: tables, indexes and streams, routes and route responses, functions with
// their variables, timeouts and concurrency, event sources, and roles. Functions
// have credentials of their own, and a guard refuses what their roles do not
// allow.
//
// What a deployed stack would know is supplied: where DynamoDB, Lambda and the
// management API are, and the credentials. The rest differs from AWS only where
// the packages that it is made of say so. Roles hold for what functions call;
// that API Gateway may invoke a function is taken for granted.
//
// What is kept in the data folder is what DynamoDB Local keeps: in clear, with
// mode 0700 around it, and what was deleted stays in its file until the room is
// needed. It is for trying things out.
//
// It promises, too, that Stop leaves nothing behind within the time that it is
// given, and that nothing outlives the process, by whatever death it dies.
package stack
