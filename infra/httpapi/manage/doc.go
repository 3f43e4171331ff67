// Package manage is the HTTP API under /v1: what people and their programs do
// with accounts, members, applications, keys, plans and access tokens, and how
// they download and delete what is held about them. It also serves what
// describes the whole API, the data plane included: the OpenAPI document and a
// page made of it.
//
// It decides nothing. A handler finds out who asks, reads what is asked for,
// and calls package account or rights, which know who may do what. Who is no
// member of an account gets the same answer, byte for byte but for the id of
// the request, as for one that does not exist.
//
// What it adds is HTTP: sessions in a cookie that other sites cannot use,
// bodies in which nothing is overlooked, versions as ETags, idempotency keys,
// pages of lists, and limits on the rate of requests, by session, by access
// token, and by anonymised address for everybody else. The limits are kept in
// memory, by each process for itself.
package manage
