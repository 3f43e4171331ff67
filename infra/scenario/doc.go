// Package scenario holds conversations: what people, backends and the platform
// say to one another, as text files under testdata that run against any host.
//
// It promises that a file means the same everywhere. By default it is played
// against the standalone host in this process. With TACET_JSON (the line that
// `tacet run --json` prints, or one made from a deployed stack) it is played
// against that platform: TACET_CAN says what it can do, TACET_CA names a
// certificate to trust, the flag -url another WebSocket address; nobody else may
// use its application meanwhile. What a host cannot do stands in the "needs"
// line, and each conversation that is left out for it is named in the output.
//
// It does not measure: no line asserts how long anything takes, but nothing is
// waited for longer than Patience.
//
// # Files
//
// A file is a txtar archive; each of its parts is one conversation with an
// application and people of its own. Empty lines and lines that begin with # say
// nothing. A line is a list of words; a word that begins with a quote, a bracket
// or a brace goes on to where that ends. Whatever is not understood is an
// error with file and line, before anything is played.
//
//	needs: FACT…                           what the host must be able to do, first line only
//	repeat 20: LINE                        the line 20 times, with $n counting from 1
//
// FACT is ordered, closing, binary-frames, stage, counted or alone (host.go), or a
// setting of the application: violations=, expiry=, plan=, first-key=ALG,
// second-key=ALG, first-set=ES256 (its first key is fetched from a URL).
//
// A person is a word; it is a subject of its own, and one connection at a time.
// In every word $alice is alice's subject, $alice.id the id of her connection,
// $app the application, $x(100) a hundred x, $deep(9) nine arrays, one in the
// other, $bytes(c328) these bytes.
//
//	alice connects [with OPTION…]          opens a connection and reads the welcome
//	alice opens [with OPTION…]             the same, leaving the welcome unread
//	alice is refused STATUS [with OPTION…] tries to, and gets this HTTP status
//	alice subscribes TOPIC…                asks, and reads the ack
//	alice unsubscribes TOPIC…              asks, and reads the ack
//	alice publishes TOPIC PAYLOAD [HOW…]   HOW: as TYPE, id ID, without id, without echo, compressed
//	alice messages PAYLOAD [HOW…]          to the application's backends
//	alice authenticates [with OPTION…]     sends a fresh token, with an id
//	alice pings                            sends a frame of type ping
//	alice sends [KIND] FRAME               the rest of the line as it stands; KIND: binary, ping, pieces
//	alice closes [with CODE]               closes, and waits for the answer
//	alice vanishes                         resets the TCP connection
//
//	alice receives [binary] TOPIC TYPE PAYLOAD from bob|api [id ID] [with permissions]
//	alice receives ack [ID] matched N delivered N gone N
//	alice receives error CODE [to ID|without id] [TEXT] [retry]
//	alice receives presence connected|disconnected of bob
//	alice receives pong|welcome|token-expiring
//	alice receives frame JSON              any frame, by structure
//	alice receives control-pong TEXT       the answer to a WebSocket ping
//	alice is answered N times, sometimes with CODE
//	alice is closed with CODE [REASON]
//	nobody hears anything                  nothing is on its way to anybody; every conversation ends so
//
//	api may OPTION…                        what the following calls may, by their token; at first everything
//	api publishes TOPIC MESSAGE [as TYPE] [id ID] [compressed]
//	api gets|posts|deletes PATH [BODY]
//	api answers STATUS [JSON]              by structure; 400 and above are problem documents (RFC 9457)
//
// An id, where none is given, is a running number; an ack, an error or a
// publication without ID has that of the last request, "id none" has none. Payloads are compared byte for byte, everything else
// by structure, where "$any" is any value and ... as the last thing in an object
// leaves room for more members.
//
// OPTION, of a token and of how it is carried (options.go):
//
//	publish=PATTERN read=PATTERN manage=connections|subscribers|application permission=TEXT
//	subject=NAME expires=DURATION starts=DURATION|never claim=NAME:JSON scope no-permissions
//	alg=NAME key=first|second|admin|public|stranger key-id=TEXT token=none|TEXT
//	app=none|other|TEXT via=query|path|protocol offer=PROTOCOL
package scenario
