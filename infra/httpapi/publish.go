package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// Limits of request bodies, in bytes, and of a batch.
const (
	// maxPost is room for the largest message and what stands around it.
	maxPost = wire.MaxMessage + 4<<10
	// maxBatch is a third of what Lambda takes (6 MB), since an event holds
	// the body as an escaped string.
	maxBatch      = 2 << 20
	maxBatchItems = 100
)

// Published says what became of a publication.
type Published struct {
	ID        string `json:"id" doc:"The id that was given, or one that was made." example:"order-17"`
	Matched   int    `json:"matched" doc:"How many connections had the topic." example:"12"`
	Delivered int    `json:"delivered" doc:"How many of them the message was handed to." example:"11"`
	Gone      int    `json:"gone" doc:"How many of them were found gone." example:"1"`
	Failed    int    `json:"failed" doc:"How many of them could not be reached now." example:"0"`
}

// PublishedItem says what became of one publication of a batch.
type PublishedItem struct {
	Status  int           `json:"status" doc:"The status that this publication would have had alone." example:"200"`
	Result  *Published    `json:"result,omitempty" doc:"What became of it, if the status is 200."`
	Problem *door.Problem `json:"problem,omitempty" doc:"Why it was refused, if the status is another."`
}

type (
	publishedOutput struct{ Body Published }
	batchOutput     struct {
		Body []PublishedItem `nullable:"false"`
	}
)

func (s *server) routePublish() {
	registerBackend(s, huma.Operation{
		OperationID: "publish", Method: http.MethodPost, Path: "/api/topics/{app}/publish", Tags: []string{"topics"},
		Summary: "Publish a message",
		Description: "Sends a message to everybody who has the topic. Subscribers receive " +
			"`{\"topic\": …, \"messageType\": …, \"data\": <the message, byte for byte>}`. Needs `realtime:publisher:write:topic:<pattern>`. " +
			"It is not idempotent: what is repeated is published again.",
		Metadata: door.BodyDoc(publication{}, publicationExample),
	}, s.publish)
	registerBackend(s, huma.Operation{
		OperationID: "publish-batch", Method: http.MethodPost, Path: "/api/topics/{app}/publish/batch", Tags: []string{"topics"},
		Summary:     "Publish up to 100 messages",
		Description: "Publishes one after the other, in their order. Each has a result of its own, in the same order: one that is refused fails alone.",
		Metadata:    door.BodyDoc([]publication{}, []any{publicationExample}),
	}, s.publishBatch)
}

func (s *server) publish(ctx context.Context, c *call, _ *door.Nothing) (*publishedOutput, error) {
	body, err := c.Body(maxPost)
	if err != nil {
		return nil, err
	}
	result, err := c.post(ctx, body)
	if err != nil {
		return nil, err
	}
	return &publishedOutput{result}, nil
}

func (s *server) publishBatch(ctx context.Context, c *call, _ *door.Nothing) (*batchOutput, error) {
	body, err := c.Body(maxBatch)
	if err != nil {
		return nil, err
	}
	// This only cuts the body into items: what an item says is decoded as if
	// it had come alone. An item is cut out as it stands.
	var items []json.RawMessage
	if json.Unmarshal(body, &items) != nil || items == nil {
		return nil, door.Invalid("the body must be a JSON array of publications")
	}
	if len(items) > maxBatchItems {
		return nil, door.Invalid("a batch has at most " + strconv.Itoa(maxBatchItems) + " publications")
	}
	results := make([]PublishedItem, len(items))
	for i, item := range items {
		result, err := c.post(ctx, item)
		if err != nil {
			c.backend.Refused(ctx, err)
			p := door.ProblemOf(err)
			results[i] = PublishedItem{Status: p.Status, Problem: p}
			continue
		}
		results[i] = PublishedItem{Status: http.StatusOK, Result: &result}
	}
	return &batchOutput{results}, nil
}

// post publishes what body asks for.
func (c *call) post(ctx context.Context, body []byte) (Published, error) {
	p, err := wire.DecodePost(body)
	if err != nil {
		return Published{}, err
	}
	if p.ID == "" {
		p.ID = c.s.NewID()
	}
	n, err := c.backend.Publish(ctx, pubsub.Publication{
		Topic: p.Topic, MessageType: p.MessageType, Message: p.Message, Compress: p.Compress,
	})
	if err != nil {
		return Published{}, err
	}
	return Published{ID: p.ID, Matched: n.Matched, Delivered: n.Delivered, Gone: n.Gone, Failed: n.Matched - n.Delivered - n.Gone}, nil
}
