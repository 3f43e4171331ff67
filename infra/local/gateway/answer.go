package gateway

import (
	"encoding/json"
	"net/http"
)

// The texts of API Gateway's answers.
const (
	textForbidden   = "Forbidden"
	textFailed      = "Internal server error"
	textTimeout     = "Endpoint request timed out"
	textBadBody     = "Bad request body"
	textTooMany     = "Too Many Requests"
	textUpgrade     = "Upgrade Required"
	textURITooLong  = "URI Too Long"
	textHeadersLong = "Request Header Fields Too Large"
)

// errorFrame is the text frame that tells a client that its message came to
// nothing. The irregular spacing is API Gateway's.
func errorFrame(text, connID, requestID string) []byte {
	b := make([]byte, 0, 128)
	b = append(b, `{"message": "`...)
	b = append(b, text...)
	b = append(b, `", "connectionId":"`...)
	b = append(b, connID...)
	b = append(b, `", "requestId":"`...)
	b = append(b, requestID...)
	return append(b, `"}`...)
}

// badBodyFrame is the error frame of a message that its route's model does not
// accept: it names the message, not the request.
func badBodyFrame(connID, messageID string) []byte {
	return []byte(`{"message" : "` + textBadBody + `", "connectionId": "` + connID + `", "messageId": "` + messageID + `"}`)
}

// errorTypes are the names that SDKs know errors by.
var errorTypes = map[int]string{
	http.StatusBadRequest:            "BadRequestException",
	http.StatusUnauthorized:          "UnauthorizedException",
	http.StatusForbidden:             "ForbiddenException",
	http.StatusGone:                  "GoneException",
	http.StatusRequestEntityTooLarge: "PayloadTooLargeException",
	http.StatusTooManyRequests:       "LimitExceededException",
	http.StatusInternalServerError:   "InternalServerErrorException",
}

const errorTypeHeader = "X-Amzn-Errortype" // as net/http writes x-amzn-ErrorType

// refusal is why a handshake or a callback is not accepted. Without a text it
// has an empty body.
type refusal struct {
	status            int
	text              string
	connID, requestID string // left out when empty
}

func (f refusal) write(w http.ResponseWriter) {
	h := w.Header()
	if name, ok := errorTypes[f.status]; ok {
		h.Set(errorTypeHeader, name)
	}
	if f.text == "" {
		h.Set("Content-Length", "0")
		w.WriteHeader(f.status)
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	writeJSON(w, struct {
		Message      string `json:"message"`
		ConnectionID string `json:"connectionId,omitempty"`
		RequestID    string `json:"requestId,omitempty"`
	}{f.text, f.connID, f.requestID})
}

// writeJSON writes a value that can be encoded. When it cannot be written,
// nobody is left to be told.
func writeJSON(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v)
}
