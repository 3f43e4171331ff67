package gateway

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"tacet/infra/local/signature"
	"tacet/infra/local/socket"
)

// serveConnection is the management API: GET, POST and DELETE of one
// connection.
func (g *Gateway) serveConnection(w http.ResponseWriter, r *http.Request, escapedID string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPost+1))
	if err != nil {
		return // the caller has gone
	}
	if f := g.callback(w, r, escapedID, body); f != nil {
		f.write(w)
	}
}

// callback answers a management request, or returns why not.
func (g *Gateway) callback(w http.ResponseWriter, r *http.Request, escapedID string, body []byte) *refusal {
	if len(body) > maxPost { // before the signature, which would need all of it
		return &refusal{status: http.StatusRequestEntityTooLarge, text: "Payload exceeds 128 KB"}
	}
	if c := g.opts.Credentials; c != nil && signature.Verify(*c, r, body, signingService, g.opts.Region, g.opts.Now()) != nil {
		return &refusal{status: http.StatusForbidden, text: textForbidden}
	}
	if g.requests.take(1) == 0 {
		return &refusal{status: http.StatusTooManyRequests, text: "Rate exceeded"}
	}
	id, err := url.PathUnescape(escapedID)
	if err != nil {
		id = escapedID
	}
	key, ok := toConnKey(id)
	if !ok || !key.wellFormed() {
		return &refusal{status: http.StatusBadRequest, text: "Invalid connectionId: " + id}
	}
	c := g.find(key)
	if c == nil {
		return &refusal{status: http.StatusGone}
	}
	switch r.Method {
	case http.MethodPost:
		return c.post(body)
	case http.MethodGet:
		return c.describe(w)
	case http.MethodDelete:
		c.end(CloseCode{socket.StatusNormal, "Connection Closed Normally"})
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return &refusal{status: http.StatusForbidden, text: textForbidden}
}

// find returns an open connection, or nil if there is none or it pretends so.
func (g *Gateway) find(key connKey) *conn {
	c := g.table.get(key)
	if c == nil || g.opts.Hostile.happens(g.opts.Hostile.SpuriousGone) {
		return nil
	}
	return c
}

// post sends a text. That it was taken does not say that it will arrive. Text
// that is not UTF-8 would make the client end the connection, so it is refused.
func (c *conn) post(body []byte) *refusal {
	if !utf8.Valid(body) {
		return &refusal{status: http.StatusBadRequest, text: "Payload is not UTF-8"}
	}
	switch err := c.sock.Send(socket.NewReply(body, false)); {
	case err == nil:
		return nil // 200, with an empty body
	case errors.Is(err, socket.ErrSlow):
		return &refusal{status: http.StatusTooManyRequests, text: "Rate exceeded"}
	}
	return &refusal{status: http.StatusGone}
}

// isoMillis is how GetConnection writes a time.
const isoMillis = "2006-01-02T15:04:05.000Z"

func (c *conn) describe(w http.ResponseWriter) *refusal {
	var agent *string // null if the client sent none
	if !c.agent.IsZero() {
		raw := c.agent.Raw()
		agent = &raw
	}
	type identity struct {
		SourceIP  string  `json:"sourceIp"`
		UserAgent *string `json:"userAgent"`
	}
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, struct {
		ConnectedAt  string   `json:"connectedAt"`
		Identity     identity `json:"identity"`
		LastActiveAt string   `json:"lastActiveAt"`
	}{
		time.UnixMilli(c.connectedAt).UTC().Format(isoMillis),
		identity{c.source.Raw(), agent},
		c.sock.LastActive().UTC().Format(isoMillis),
	})
	return nil
}
