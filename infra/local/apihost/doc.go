// Package apihost serves a WebSocket API of anybody's template on one machine.
//
// It joins what is made elsewhere: the template says which routes lead to which
// functions, the gateway behaves as API Gateway does, and functions run over the
// Runtime API here, or behind a Lambda Invoke API such as that of
// sam local start-lambda.
//
// # What it promises
//
//   - Handlers need not be changed. Those that post to https://DOMAIN/STAGE of
//     the event reach this machine: the port speaks TLS as well as plain HTTP, and
//     functions that are started here trust the certificate. So do those that make
//     the address of the API's id and the region, those that read it from their
//     environment, and those that leave it to the SDK.
//   - A function gets the template's environment and what the caller adds. Of
//     this machine's own variables it gets PATH.
//   - What cannot be served is an error that says what to do; what can be served
//     and would not work on AWS is a warning.
//   - No log line holds anything of a message; what functions print is theirs.
//
// # What it does not do
//
//   - It serves one stage of one API. HTTP APIs, event sources and schedules of
//     the template do nothing here.
//   - Functions may do what the user may: their roles are not enforced.
//   - Requests to the management API need no signature.
package apihost
