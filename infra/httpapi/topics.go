package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/topic"
	"tacet/infra/httpapi/door"
)

const (
	// topicPath ends in a topic, which may hold slashes.
	topicPath = "/api/topics/{app}/{topic...}"

	maxPatterns    = 50
	maxUnsubscribe = 32 << 10
)

// Unsubscribed says how many subscriptions were removed.
type Unsubscribed struct {
	Unsubscribed int `json:"unsubscribed" doc:"How many subscriptions were removed. An unknown subject has none." example:"3"`
}

type topicInput struct {
	Topic string `path:"topic" doc:"The topic. It may hold slashes; percent-encoding is undone once." example:"chat/lobby"`
}

type (
	unsubscribedOutput struct{ Body Unsubscribed }
	topicsOutput       struct {
		Body []pubsub.TopicCount `nullable:"false"`
	}
	topicOutput struct{ Body pubsub.TopicCount }
)

func (s *server) routeTopics() {
	registerBackend(s, huma.Operation{
		OperationID: "unsubscribe", Method: http.MethodPost, Path: "/api/topics/{app}/unsubscribe", Tags: []string{"topics"},
		Summary:     "Take topics away from a subject",
		Description: "Removes the subscriptions of all connections of a subject to topics that match one of the patterns. Needs `realtime:admin:manage:subscribers`.",
		Metadata:    door.BodyDoc(unsubscription{}, unsubscriptionExample),
	}, s.unsubscribe)
	registerBackend(s, huma.Operation{
		OperationID: "list-topics", Method: http.MethodGet, Path: "/api/topics/{app}", Tags: []string{"topics"},
		Summary:     "List the occupied topics",
		Description: "Topics that have subscribers, sorted by name. Needs `realtime:admin:manage:subscribers`.",
	}, s.listTopics)
	registerBackend(s, huma.Operation{
		OperationID: "get-topic", Method: http.MethodGet, Path: topicPath, Tags: []string{"topics"},
		Summary:     "Count a topic's subscribers",
		Description: "A topic that nobody has subscribed to has none. Needs `realtime:admin:manage:subscribers`.",
	}, s.getTopic)
}

func (s *server) unsubscribe(ctx context.Context, c *call, _ *door.Nothing) (*unsubscribedOutput, error) {
	body, err := c.Body(maxUnsubscribe)
	if err != nil {
		return nil, err
	}
	var in unsubscription
	if json.Unmarshal(body, &in) != nil {
		return nil, door.Invalid(`the body must look like {"topicPatterns": ["chat/*"], "subject": "bob"}`)
	}
	patterns, err := in.patterns()
	if err != nil {
		return nil, err
	}
	if in.Subject == "" {
		return nil, door.Invalid("subject is missing: it says whose subscriptions to remove")
	}
	n, err := c.backend.Unsubscribe(ctx, grant.Subject(in.Subject), patterns)
	return &unsubscribedOutput{Unsubscribed{n}}, err
}

func (u unsubscription) patterns() ([]topic.Pattern, error) {
	if len(u.TopicPatterns) == 0 || len(u.TopicPatterns) > maxPatterns {
		return nil, door.Invalid("topicPatterns must hold 1 to " + strconv.Itoa(maxPatterns) + " patterns")
	}
	patterns := make([]topic.Pattern, len(u.TopicPatterns))
	for i, text := range u.TopicPatterns {
		p, err := topic.ParsePattern(text)
		if err != nil {
			return nil, err
		}
		patterns[i] = p
	}
	return patterns, nil
}

func (s *server) listTopics(ctx context.Context, c *call, _ *door.Nothing) (*topicsOutput, error) {
	topics, err := c.backend.Topics(ctx)
	if topics == nil {
		topics = []pubsub.TopicCount{} // an array in JSON
	}
	return &topicsOutput{topics}, err
}

func (s *server) getTopic(ctx context.Context, c *call, in *topicInput) (*topicOutput, error) {
	name, err := topic.Parse(in.Topic)
	if err != nil {
		return nil, err
	}
	topics, err := c.backend.Topics(ctx)
	if err != nil {
		return nil, err
	}
	out := &topicOutput{pubsub.TopicCount{Topic: name}}
	if i := slices.IndexFunc(topics, func(t pubsub.TopicCount) bool { return t.Topic == name }); i >= 0 {
		out.Body = topics[i]
	}
	return out, nil
}
