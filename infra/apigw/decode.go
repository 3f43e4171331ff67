package apigw

import (
	"encoding/json"
	"errors"
	"fmt"
)

// wireEvent is what Decode looks for in an event, and no more.
type wireEvent struct {
	Type            string              `json:"type"`
	MethodARN       string              `json:"methodArn"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Query           map[string]string   `json:"queryStringParameters"`
	MultiQuery      map[string][]string `json:"multiValueQueryStringParameters"`
	StageVariables  map[string]string   `json:"stageVariables"`
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
	Context         struct {
		RouteKey         string         `json:"routeKey"`
		EventType        EventType      `json:"eventType"`
		ConnectionID     string         `json:"connectionId"`
		RequestID        string         `json:"requestId"`
		MessageID        string         `json:"messageId"`
		APIID            string         `json:"apiId"`
		Stage            string         `json:"stage"`
		DomainName       string         `json:"domainName"`
		ConnectedAt      int64          `json:"connectedAt"`
		RequestTimeEpoch int64          `json:"requestTimeEpoch"`
		Authorizer       map[string]any `json:"authorizer"`
		DisconnectCode   int            `json:"disconnectStatusCode"`
		DisconnectReason string         `json:"disconnectReason"`
		Identity         struct {
			SourceIP  Private `json:"sourceIp"`
			UserAgent Private `json:"userAgent"`
		} `json:"identity"`
	} `json:"requestContext"`
}

// Decode reads an event as API Gateway writes it. It is lenient: unknown keys
// are ignored and missing ones are zero. The error never quotes the input.
//
// Numbers in an authorizer's context become text in the way of a JSON number.
func Decode(b []byte) (Event, error) {
	var w wireEvent
	if err := json.Unmarshal(b, &w); err != nil {
		return Event{}, fmt.Errorf("apigw: not an event of a WebSocket API: %w", withoutInput(err))
	}
	c := &w.Context
	e := Event{
		Type: c.EventType, RouteKey: c.RouteKey,
		ConnectionID: c.ConnectionID, RequestID: c.RequestID, MessageID: c.MessageID,
		APIID: c.APIID, Stage: c.Stage, DomainName: c.DomainName, MethodARN: w.MethodARN,
		ConnectedAt: c.ConnectedAt, RequestTime: c.RequestTimeEpoch,
		SourceIP: c.Identity.SourceIP, UserAgent: c.Identity.UserAgent,
		Authorizer:      authorizerContext(c.Authorizer),
		Headers:         Header(allValues(w.Headers, w.MultiHeaders)),
		Query:           Query(allValues(w.Query, w.MultiQuery)),
		IsBase64Encoded: w.IsBase64Encoded,
		DisconnectCode:  c.DisconnectCode, DisconnectReason: c.DisconnectReason,
	}
	if len(w.StageVariables) > 0 {
		e.StageVariables = w.StageVariables
	}
	if w.Type == "REQUEST" {
		e.Type = Authorize
	}
	if e.Type == Message {
		e.Body = []byte(w.Body)
	}
	return e, nil
}

// allValues prefers the form that has all values, and falls back on the other
// for events made by hand.
func allValues(single map[string]string, multi map[string][]string) map[string][]string {
	if len(multi) > 0 || len(single) == 0 {
		return multi
	}
	all := make(map[string][]string, len(single))
	for k, v := range single {
		all[k] = []string{v}
	}
	return all
}

func authorizerContext(m map[string]any) *AuthorizerContext {
	if m == nil {
		return nil
	}
	a := &AuthorizerContext{}
	for k, v := range m {
		text, ok := scalarText(v)
		switch {
		case !ok:
		case k == "principalId":
			a.PrincipalID = text
		case k == "integrationLatency":
			if f, isNumber := v.(float64); isNumber {
				a.Latency = int64(f)
			}
		default:
			if a.Context == nil {
				a.Context = make(map[string]string)
			}
			a.Context[k] = text
		}
	}
	return a
}

// scalarText reports whether v is a string, a number or a boolean, and its text.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, float64:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
	return "", false
}

// decodeError is a fault in JSON without what encoding/json quotes of it.
type decodeError struct{ at int64 }

func (e decodeError) Error() string { return fmt.Sprintf("bad JSON near byte %d", e.at) }

func withoutInput(err error) error {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return decodeError{syntax.Offset}
	case errors.As(err, &mismatch):
		return decodeError{mismatch.Offset}
	}
	return decodeError{}
}
