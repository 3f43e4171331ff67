package wire

import (
	"strings"

	"tacet/core/fault"
)

// Code is the number of something that went wrong, in error frames and as
// the code of a close frame. Numbers are never given a second meaning.
//
//	1000–1011  RFC 6455
//	4000–4099  the connection ended; nothing is wrong with what was asked
//	4100–4199  the request is wrong as it stands
//	4200–4299  a right is missing
//	4300–4399  a quota or a rate is exceeded
//	4400–4499  our side failed
type Code = uint16

// The catalogue's numbers. Their meaning stands in Catalogue.
const (
	CloseNormal Code = 1000

	CloseRestart      Code = 4000
	CloseSlow         Code = 4001
	CloseTokenExpired Code = 4002
	CloseLost         Code = 4003
	CloseDeleted      Code = 4004
	CloseRevoked      Code = 4005

	CodeInvalid       Code = 4100
	CodeUnknownType   Code = 4101
	CodeInvalidTopic  Code = 4102
	CodeInvalidField  Code = 4103
	CodeTooDeep       Code = 4104
	CodeNotFound      Code = 4105
	CodeConflict      Code = 4106
	CodeMessageTooBig Code = 4107

	CodePreconditionFailed   Code = 4108
	CodePreconditionRequired Code = 4109
	CodeKeyReused            Code = 4110

	CodeUnauthenticated    Code = 4200
	CodePublishForbidden   Code = 4201
	CodeSubscribeForbidden Code = 4202
	CodeForbidden          Code = 4203
	CodeOtherSubject       Code = 4204
	CodeSuspended          Code = 4205

	CodeSignInAgain Code = 4206
	CodeCrossSite   Code = 4207

	CodeTooMany               Code = 4300
	CodeRate                  Code = 4301
	CodeTopicsPerConnection   Code = 4302
	CodeConnections           Code = 4303
	CodeConnectionsPerSubject Code = 4304
	CodeRequests              Code = 4305

	CodeInternal    Code = 4400
	CodeUnavailable Code = 4401
)

// Entry is one line of the catalogue.
type Entry struct {
	Code Code
	Name string // stable, in kebab case
	Kind fault.Kind
	// Meaning says when it happens and what to do about it.
	Meaning string
	// Reconnect says whether a client that was closed with this code should
	// come back by itself.
	Reconnect bool
}

// Catalogue lists every number of our own, in ascending order; what RFC 6455 §7.4
// defines (1001, 1002, 1003, 1007, 1009) means what it says there.
// It is published; treat it as read-only.
var Catalogue = []Entry{
	{CloseNormal, "normal", fault.Invalid, "The application's backend, or the client itself, ended the connection.", false},
	{CloseRestart, "restart", fault.Unavailable, "The server is about to stop. Come back after a moment chosen at random.", true},
	{CloseSlow, "too-slow", fault.TooMany, "The client read more slowly than its topics were written, beyond what is kept for it. Come back and catch up from the application's own history.", true},
	{CloseTokenExpired, "token-expired", fault.Unauthenticated, "The token's life ended, and the application ends connections with it. Come back with a fresh token.", true},
	{CloseLost, "lost", fault.NotFound, "The server no longer knows the connection, after a clock that jumped, for instance. Come back at once.", true},
	{CloseDeleted, "deleted", fault.NotFound, "The application was deleted. Do not come back.", false},
	{CloseRevoked, "revoked", fault.Unauthenticated, "A verification key of the application was revoked, perhaps the one that the token was signed for. Come back with a fresh token.", true},
	{CodeInvalid, "invalid-request", fault.Invalid, "The request is wrong as it stands: a frame that is not a JSON object with the strings and objects of the protocol, or an HTTP request of a kind that is not served.", false},
	{CodeUnknownType, "unknown-type", fault.Invalid, "The frame's type is not one of subscribe, unsubscribe, publish, message, authenticate, ping.", false},
	{CodeInvalidTopic, "invalid-topic", fault.Invalid, "The topic is not a legal name, or not one that this request can be made for.", false},
	{CodeInvalidField, "invalid-field", fault.Invalid, "A field has the wrong type or length.", false},
	{CodeTooDeep, "too-deep", fault.Invalid, "Arrays and objects are nested more than 512 levels deep.", false},
	{CodeNotFound, "not-found", fault.NotFound, "What the request names does not exist, or not for this caller.", false},
	{CodeConflict, "conflict", fault.Conflict, "Somebody else was faster. Read again and decide anew.", false},
	{CodeMessageTooBig, "message-too-big", fault.TooLarge, "The message is larger than the application's plan allows.", false},
	{CodePreconditionFailed, "precondition-failed", fault.Conflict, "What is to be changed has another version than If-Match says: somebody else has changed it. Read it again and decide anew.", false},
	{CodePreconditionRequired, "precondition-required", fault.Invalid, "Changing this needs the header If-Match with the ETag that was read, so that nobody's change is lost unseen; * takes any version.", false},
	{CodeKeyReused, "key-reused", fault.Conflict, "The Idempotency-Key was used for another request in the last day. Take a fresh one for each thing that is to be made.", false},
	{CodeUnauthenticated, "unauthenticated", fault.Unauthenticated, "The token is missing, malformed, expired or signed with another key.", false},
	{CodePublishForbidden, "publish-forbidden", fault.Forbidden, "The token grants no publishing on this topic. Add realtime:publisher:write:topic:<pattern> to its permissions.", false},
	{CodeSubscribeForbidden, "subscribe-forbidden", fault.Forbidden, "The token grants no reading of this secure topic, or the topic is somebody else's private one. Add realtime:subscriber:read:topic:<pattern> to its permissions.", false},
	{CodeForbidden, "forbidden", fault.Forbidden, "The token does not grant this.", false},
	{CodeOtherSubject, "other-subject", fault.Forbidden, "The fresh token is for another subject. A connection keeps its subject for life; open another one.", false},
	{CodeSuspended, "suspended", fault.Forbidden, "The application is suspended: it serves nobody until an owner or an admin of its account resumes it.", false},
	{CodeSignInAgain, "sign-in-again", fault.Forbidden, "This needs somebody who has signed in a few minutes ago: sign in again and repeat it.", false},
	{CodeCrossSite, "cross-site", fault.Forbidden, "A change with the session's cookie needs the header X-Tacet: 1, which pages of other sites cannot send.", false},
	{CodeTooMany, "too-many", fault.TooMany, "A quota of the application's plan is used up.", false},
	{CodeRate, "rate", fault.TooMany, "More messages in a second than the plan allows one connection. Wait retryAfterMs and send again.", false},
	{CodeTopicsPerConnection, "topics-per-connection", fault.TooMany, "The connection has as many topics as the plan allows. Unsubscribe from one first.", false},
	{CodeConnections, "connections", fault.TooMany, "The application has as many connections as its plan allows.", true},
	{CodeConnectionsPerSubject, "connections-per-subject", fault.TooMany, "The subject has as many connections as the plan allows. Close one first.", false},
	{CodeRequests, "requests", fault.TooMany, "More requests than one session, access token or address may make in a moment. Wait as long as Retry-After says.", false},
	{CodeInternal, "internal", fault.Internal, "Something went wrong on our side. Nothing is known to be wrong with the request.", true},
	{CodeUnavailable, "unavailable", fault.Unavailable, "Something that the server needs did not answer. The same request may work later.", true},
}

// general is the number of a fault that names none, by its kind.
var general = map[fault.Kind]Code{
	fault.Internal:        CodeInternal,
	fault.Invalid:         CodeInvalid,
	fault.Unauthenticated: CodeUnauthenticated,
	fault.Forbidden:       CodeForbidden,
	fault.NotFound:        CodeNotFound,
	fault.Conflict:        CodeConflict,
	fault.TooLarge:        CodeMessageTooBig,
	fault.TooMany:         CodeTooMany,
	fault.Unavailable:     CodeUnavailable,
}

// CodeOf returns the catalogue's number for f, which must not be nil.
func CodeOf(f *fault.Error) Code {
	if f.Code != 0 {
		return f.Code
	}
	return general[f.Kind]
}

// Reason returns text cut to what a close frame has room for, without
// cutting a character in half.
func Reason(text string) string {
	if len(text) <= MaxReason {
		return text
	}
	return strings.ToValidUTF8(text[:MaxReason], "")
}
