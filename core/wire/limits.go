package wire

// Limits of the protocol, in bytes unless they say otherwise. Those of the
// application's plan come on top and are never larger.
const (
	// MaxFrame is the largest WebSocket frame inwards: API Gateway's limit,
	// and so the largest message that a browser, which cannot choose its
	// frames, can send there.
	MaxFrame = 32 << 10
	// MaxMessage is the largest message of several frames, inwards.
	MaxMessage = 128 << 10
	// MaxID is how long the id may be that a client gives a request.
	MaxID = 128
	// MaxMessageType is how long a message type may be.
	MaxMessageType = 128
	// MaxDepth is how deeply arrays and objects of a payload may be nested,
	// in levels. A receiver's parser recurses; this one does not.
	MaxDepth = 512
	// MaxReason is what a close frame has room for: a control frame carries
	// 125 bytes, two of them the code (RFC 6455 §5.5).
	MaxReason = 123
)
