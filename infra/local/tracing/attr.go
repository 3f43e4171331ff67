package tracing

import (
	"go.opentelemetry.io/otel/attribute"

	"tacet/core/app"
	"tacet/core/wire"
)

// Attr is something that a span may hold. There is no other way to make one than
// the functions here.
type Attr struct{ kv attribute.KeyValue }

// Keys are those of all attributes that there are.
var Keys = []string{
	"tacet.app", "tacet.connection", "tacet.request", "tacet.verb", "tacet.code", "tacet.bytes", "tacet.connections", "tacet.matched", "tacet.delivered",
	"tacet.gone", "tacet.failed", "http.request.method", "http.route", "http.response.status_code",
}

// App is an application's id.
func App(id app.ID) Attr { return Attr{attribute.String("tacet.app", string(id))} }

// Connection is a connection's id.
func Connection(id string) Attr { return Attr{attribute.String("tacet.connection", id)} }

// Request is the id that the log has of a request.
func Request(id string) Attr { return Attr{attribute.String("tacet.request", id)} }

// Verb is the type of a frame, or "" for what is none.
func Verb(v wire.Type) Attr { return Attr{attribute.String("tacet.verb", string(v))} }

// Code is how something was answered: 0 for well.
func Code(c wire.Code) Attr { return Attr{attribute.Int("tacet.code", int(c))} }

// Bytes is how large something is.
func Bytes(n int) Attr { return Attr{attribute.Int("tacet.bytes", n)} }

// Count is how many connections something is about, in a way: "connections",
// "matched", "delivered", "gone" or "failed".
func Count(what counted, n int) Attr { return Attr{attribute.Int("tacet."+string(what), n)} }

// counted is what is counted. Its type keeps others from inventing keys.
type counted string

// What is counted.
const (
	Connections counted = "connections"
	Matched     counted = "matched"
	Delivered   counted = "delivered"
	Gone        counted = "gone"
	Failed      counted = "failed"
)

// Route is the pattern of a route.
func Route(pattern string) Attr { return Attr{attribute.String("http.route", pattern)} }

// Method is a method of HTTP that clients use.
func Method(m string) Attr { return Attr{attribute.String("http.request.method", m)} }

// Status is an HTTP status.
func Status(n int) Attr { return Attr{attribute.Int("http.response.status_code", n)} }

func unwrap(all []Attr) []attribute.KeyValue {
	kvs := make([]attribute.KeyValue, len(all))
	for i, a := range all {
		kvs[i] = a.kv
	}
	return kvs
}
