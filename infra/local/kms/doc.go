// Package kms is AWS Key Management Service on one machine, as far as the
// platform calls it: Encrypt and Decrypt with symmetric keys
// (https://docs.aws.amazon.com/kms/latest/APIReference/Welcome.html).
//
// It promises that what was encrypted opens with the same key and the same
// encryption context only, and else gives the error that AWS gives; that a
// client of AWS's own SDK cannot tell the difference; and that whoever has the
// secret that it is made with, and nothing else, has every key. Keys need not be
// made: each ARN or id is one.
//
// It does not check signatures or rights (package guard does), and has no
// grants, aliases, asymmetric keys, or rotation: for the secret's sake it is for
// trying things out.
package kms
