package gateway

import (
	"fmt"
	"strings"
)

// source is where a handshake has a value: an identity source of an
// authorizer, or a required parameter.
type source struct{ kind, name string }

const (
	fromHeader  = "route.request.header."
	fromQuery   = "route.request.querystring."
	fromStage   = "stageVariables."
	fromContext = "context."
)

func parseSources(all []string) ([]source, error) {
	var parsed []source
	for _, s := range all {
		found := false
		for _, kind := range []string{fromHeader, fromQuery, fromStage, fromContext} {
			if name, ok := strings.CutPrefix(s, kind); ok && name != "" {
				parsed, found = append(parsed, source{kind, name}), true
			}
		}
		if !found {
			return nil, fmt.Errorf("gateway: %q is no identity source of a WebSocket API, such as %sAuth", s, fromHeader)
		}
	}
	return parsed, nil
}

// value returns what a handshake has at a source, or "".
func (h *handshake) value(s source) string {
	o := &h.g.opts
	switch s.kind {
	case fromHeader:
		return h.header.Get(s.name)
	case fromQuery:
		return h.query().Get(s.name)
	case fromStage:
		return o.StageVariables[s.name]
	}
	return map[string]string{
		"connectionId": h.conn.id, "requestId": h.requestID, "apiId": o.APIID, "stage": o.Stage,
		"domainName": h.conn.domain, "routeKey": "$connect", "eventType": "CONNECT",
		"identity.sourceIp": h.conn.source.Raw(), "identity.userAgent": h.conn.agent.Raw(),
	}[s.name]
}
