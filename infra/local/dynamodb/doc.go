// Package dynamodb runs DynamoDB Local, AWS's own imitation of DynamoDB, as a
// child process, and makes tables in it.
//
// It promises that the process ends with the program that started it, however
// that ends, and that an interrupt typed at a terminal does not reach it: who
// started it stops it, after what uses it. In memory nothing of it is left; in
// a folder everything is.
//
// It does not promise that DynamoDB would have answered the same: DynamoDB
// Local knows no throttling, its indexes lag behind nothing, and it asks for no
// rights. It listens on all interfaces, because it cannot do otherwise, on a
// port that was free a moment before, and checks no signature: who can reach
// the machine can read what is in it, unless tables are kept Apart and the
// access key id is a secret.
package dynamodb
