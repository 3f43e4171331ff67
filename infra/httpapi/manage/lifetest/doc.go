// Package lifetest lives the life of an account through HTTP and nothing else:
// with something that nobody could guess in each field that a person types in,
// and from an address of its own. And it finds traces: whatever was typed, in
// whatever encoding, in bytes of whatever store.
//
// It promises that a trace which stands in the bytes as it is, as in JSON, in
// base64, in hex or as in a URL is found. What is encrypted or compressed is not
// seen through: who looks for traces opens that first.
package lifetest
