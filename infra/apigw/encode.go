package apigw

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// clf is the Common Log Format's time, which requestTime has.
const clf = "02/Jan/2006:15:04:05 -0700"

// AppendJSON appends the event as API Gateway writes it: which keys there are
// is decided by Type alone, but for those that are left out when empty
// (userAgent, authorizer, stageVariables, the query string of a CONNECT).
// Bytes that are not UTF-8 become U+FFFD.
//
// It is written by hand because presence depends on the type, which tags of
// encoding/json cannot say.
func (e Event) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	switch e.Type {
	case Authorize:
		b = appendField(b, "type", "REQUEST")
		b = appendField(b, "methodArn", e.MethodARN)
		b = appendMulti(b, "headers", "multiValueHeaders", e.Headers)
		b = appendMulti(b, "queryStringParameters", "multiValueQueryStringParameters", e.Query)
		b = appendStrings(b, "stageVariables", e.StageVariables)
		b = append(b, ',')
	case Connect, Disconnect:
		b = appendMulti(b, "headers", "multiValueHeaders", e.Headers)
		if e.Type == Connect && len(e.Query) > 0 {
			b = appendMulti(b, "queryStringParameters", "multiValueQueryStringParameters", e.Query)
		}
		b = append(b, ',')
	}
	b = append(b, `"requestContext":`...)
	b = e.appendContext(b)
	if e.Type == Authorize {
		return append(b, '}')
	}
	if len(e.StageVariables) > 0 {
		b = appendStrings(b, "stageVariables", e.StageVariables)
	}
	if e.Type == Message {
		b = append(b, `,"body":`...)
		b = appendString(b, e.Body)
	}
	b = append(b, `,"isBase64Encoded":`...)
	b = strconv.AppendBool(b, e.IsBase64Encoded)
	return append(b, '}')
}

func (e *Event) appendContext(b []byte) []byte {
	kind := e.Type
	if kind == Authorize {
		kind = Connect
	}
	b = append(b, '{')
	b = appendField(b, "routeKey", e.RouteKey)
	if e.Authorizer != nil && e.Type != Authorize {
		b = append(b, `,"authorizer":`...)
		b = e.Authorizer.appendJSON(b, e.Type == Connect)
	}
	switch e.Type {
	case Message:
		b = appendField(b, "messageId", e.MessageID)
	case Disconnect:
		b = appendInt(b, "disconnectStatusCode", int64(e.DisconnectCode))
	}
	b = appendField(b, "eventType", string(kind))
	b = appendField(b, "extendedRequestId", e.RequestID)
	b = append(b, `,"requestTime":"`...)
	b = time.UnixMilli(e.RequestTime).UTC().AppendFormat(b, clf)
	b = append(b, '"')
	b = appendField(b, "messageDirection", "IN")
	if e.Type == Disconnect {
		b = appendField(b, "disconnectReason", e.DisconnectReason)
	}
	b = appendField(b, "stage", e.Stage)
	b = appendInt(b, "connectedAt", e.ConnectedAt)
	b = appendInt(b, "requestTimeEpoch", e.RequestTime)
	b = append(b, `,"identity":{`...)
	if !e.UserAgent.IsZero() {
		b = appendField(b, "userAgent", e.UserAgent.Raw())
	}
	b = appendField(b, "sourceIp", e.SourceIP.Raw())
	b = append(b, '}')
	b = appendField(b, "requestId", e.RequestID)
	b = appendField(b, "domainName", e.DomainName)
	b = appendField(b, "connectionId", e.ConnectionID)
	b = appendField(b, "apiId", e.APIID)
	return append(b, '}')
}

func (a *AuthorizerContext) appendJSON(b []byte, latency bool) []byte {
	b = append(b, '{')
	b = appendField(b, "principalId", a.PrincipalID)
	if latency {
		b = appendInt(b, "integrationLatency", a.Latency)
	}
	for _, k := range sortedKeys(a.Context) {
		b = appendField(b, k, a.Context[k])
	}
	return append(b, '}')
}

// appendKey starts a member, with a comma unless it is the object's first.
func appendKey(b []byte, key string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = appendString(b, key)
	return append(b, ':')
}

func appendField(b []byte, key, value string) []byte {
	return appendString(appendKey(b, key), value)
}

func appendInt(b []byte, key string, value int64) []byte {
	return strconv.AppendInt(appendKey(b, key), value, 10)
}

func appendStrings(b []byte, key string, values map[string]string) []byte {
	b = append(appendKey(b, key), '{')
	for _, k := range sortedKeys(values) {
		b = appendField(b, k, values[k])
	}
	return append(b, '}')
}

// appendMulti writes the two forms that API Gateway has for repeated names:
// the last value of each, and all values of each.
func appendMulti(b []byte, single, multi string, values map[string][]string) []byte {
	names := sortedKeys(values)
	b = append(appendKey(b, single), '{')
	for _, k := range names {
		b = appendField(b, k, last(values[k]))
	}
	b = append(b, '}')
	b = append(appendKey(b, multi), '{')
	for _, k := range names {
		b = append(appendKey(b, k), '[')
		for i, v := range values[k] {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, v)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

const hex = "0123456789abcdef"

// appendString appends s as a JSON string (RFC 8259 §7).
func appendString[S ~string | ~[]byte](b []byte, s S) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c >= utf8.RuneSelf {
				b = append(b, "\ufffd"...)
			} else {
				b = append(b, `\u00`...)
				b = append(b, hex[c>>4], hex[c&15])
			}
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
