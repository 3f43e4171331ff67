// Package canary makes markers, which nobody could guess, and finds them again,
// whatever they were turned into. What is sent through a platform as a payload,
// a token, an address, can so be looked for in all that the platform keeps.
//
// It promises that a marker that stands in bytes is found: as it is and in any
// mixture of upper and lower case, half of it too (a log may have cut it off),
// backwards, as JSON or a URL escapes it, in base64 (both alphabets, at any
// offset), in hex, in UTF-16, as Go prints bytes; of an address all ways to
// write it, and its bits; of what could be guessed, hashes that need no key. It
// looks into gzip, zlib, zstd, snappy and ZIP wherever they begin, and into
// base64, several layers deep.
//
// It does not promise to see through encryption: who looks opens that first.
// What is not text and short (the four bytes of an address) is looked for only
// where random bytes would not look like it; see Place.Noise.
//
// Nothing here prints what stands around a marker.
package canary
