package privacy

import "strings"

// ForwardedFor returns the address that a request came from, which Forwarded
// finds.
func ForwardedFor(header []string, peer string, trusted int) Addr {
	return ParseAddr(Forwarded(header, peer, trusted))
}

// Forwarded returns the address that a request came from, as its text. header
// holds the lines of X-Forwarded-For in their order, peer is the address of the
// TCP connection, trusted is how many proxies of our own stand in front.
//
// Each proxy appends the address that it saw, so with n trusted proxies the
// n-th entry from the right was written by the outermost of them, and all
// that stands to the left of it was written by the client, who may write
// anything. With none, or when fewer entries came than our proxies write, the
// peer is the answer: then the header proves nothing. An entry that is no
// address, also an empty one, counts; ParseAddr makes the unknown Addr of it.
//
// Proxies that can be bypassed prove nothing either: trusted must be zero then.
func Forwarded(header []string, peer string, trusted int) string {
	for i := len(header) - 1; i >= 0 && trusted > 0; i-- {
		line := header[i]
		for more := true; more; {
			entry := line
			comma := strings.LastIndexByte(line, ',')
			if more = comma >= 0; more {
				line, entry = line[:comma], line[comma+1:]
			}
			if trusted--; trusted == 0 {
				return entry
			}
		}
	}
	return peer
}
