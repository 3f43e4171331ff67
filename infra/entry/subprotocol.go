package entry

import (
	"slices"
	"strings"

	"tacet/core/fault"
	"tacet/infra/apigw"
)

const (
	protocolHeader = "Sec-WebSocket-Protocol"
	// protocol is the name of the protocol in package wire.
	protocol = "tacet.v1"
)

// negotiate returns which of the offered subprotocols is selected, "" for none
// when none is offered, and the token that was offered beside it. A browser
// can set no header but this one, so that is how it keeps a token out of the
// URL; a JWT is made of characters that a subprotocol may have.
//
// Whoever offers subprotocols without ours among them is refused. A browser
// would end the connection itself after the upgrade, because nothing was
// selected (WHATWG WebSockets, "establish a WebSocket connection"); now it is
// told why, and nothing has been written for it.
func negotiate(h apigw.Header) (selected, token string, err error) {
	offers := offered(h)
	if len(offers) == 0 {
		return "", "", nil
	}
	if !slices.Contains(offers, protocol) {
		return "", "", &fault.Error{Kind: fault.Invalid, Text: "none of the offered subprotocols is spoken here: offer tacet.v1, or none"}
	}
	for _, offer := range offers {
		if offer != protocol {
			return protocol, offer, nil
		}
	}
	return protocol, "", nil
}

// offered returns the subprotocols that a client offers, in its order. The
// header may occur several times (RFC 6455 §11.3.4).
func offered(h apigw.Header) []string {
	var offers []string
	for name, lines := range h {
		if !strings.EqualFold(name, protocolHeader) {
			continue
		}
		for offer := range strings.SplitSeq(strings.Join(lines, ","), ",") {
			if offer = strings.TrimSpace(offer); offer != "" {
				offers = append(offers, offer)
			}
		}
	}
	return offers
}
