// Package sigv4 signs requests to AWS with Signature Version 4.
//
// It promises that credentials, however they are printed or logged, show their
// id alone, and that a signature is the one that the SDK's signer makes of the
// same request: Signer.Sign is that signer, and Series is tested against it.
//
// A Series is for many requests that differ in the end of their path only,
// which is what posting one frame to many connections is. It hashes the body
// and renders the headers once, and then, for each path, hashes the canonical
// request and signs that. That is an eighth of the time that the SDK's signer
// takes, and nothing is allocated.
//
// It does not presign, does not sign chunks, and knows nothing of services
// whose rules are their own (S3 escapes paths once). Where credentials come
// from is the caller's business.
package sigv4
