// Package matrixtest tries who may do what, through HTTP and nothing else: each
// route of the OpenAPI document, by everybody there can be, with what is his,
// with what is somebody else's, and with what does not exist. What each must be
// answered stands in matrix.txt, which is reviewed as a diff.
//
// It promises that every route under /v1 is in the table; that what is somebody
// else's and what does not exist get the same answer, byte for byte but for the
// id of the request and the date; and that it runs against any platform that
// people can sign in to. It makes accounts there, and leaves them.
//
// The data plane has tokens of its own and is not in the table.
package matrixtest
