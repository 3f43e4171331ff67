// Package apigw is the shape of what an API Gateway WebSocket API hands to a
// Lambda function, and of what it takes back.
//
// It promises that AppendJSON writes an event with exactly the keys that API
// Gateway writes for its type, no more and no fewer, and that Decode reads
// such an event whatever else is in it: unknown keys are ignored, header names
// match in any case, numbers in an authorizer's context become text.
//
// It promises, too, that no value of its types prints what is private. A
// source address and a User-Agent are [Private]: fmt, slog and even a plain
// JSON encoding of them say "[private]", also inside an unexported field, and
// an [Event] prints as its type, route and connection, but not inside an
// unexported field, where its headers, query and body would show: keep it out
// of such. Only AppendJSON writes them out, because that is what a function is
// owed.
//
// It does not check what an event says, knows nothing of a gateway, and does
// no I/O. The types of aws-lambda-go cannot stand in for these: they print
// keys that API Gateway leaves out, and have no authorizer event.
//
// Sources: Amazon API Gateway Developer Guide, "Set up data transformations
// for WebSocket APIs" and "Create a Lambda REQUEST authorizer function".
package apigw
