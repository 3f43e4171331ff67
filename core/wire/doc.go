// Package wire is the client protocol: frames in, frames out, and the
// catalogue of everything that can go wrong.
//
// A frame from a client is a JSON object {"type": T, "data": {…}}; a frame
// from the server is {"topic": …, "messageType": …, "data": …}, where topic
// and messageType are strings and data is never absent or null.
//
// A payload is opaque. Decode finds where it ends, which for JSON means that
// it is well-formed, and hands on the very bytes that came: compact or not,
// with duplicate keys or numbers that no machine can hold. Nothing here
// parses, copies, stores or logs it.
//
// Golden files under testdata hold each frame as clients see it.
package wire
