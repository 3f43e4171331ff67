package telemetry

import (
	"cmp"
	"slices"

	"tacet/core/privacy"
)

// MaxTopics is how many topics a Top tells apart.
const MaxTopics = 256

// Topic is what the messages on one topic came to.
type Topic struct {
	Name       privacy.RecordedTopic
	Messages   int64
	Deliveries int64
	Bytes      int64
	Reach      int64 // the most subscribers that one of the messages had
	Crowd      Crowd // who published
}

// Top knows the topics with the most messages (Misra and Gries, Finding
// repeated elements, 1982; merged as in Agarwal and others, Mergeable
// summaries, 2012). What it says of a topic is never too much, and too little
// by Short messages at most. A topic that is not in it had Short messages at
// most. The zero value has none.
type Top struct {
	Of    map[privacy.RecordedTopic]Topic
	Short int64
}

// Count adds a message.
func (t *Top) Count(e Event) {
	n := int64(e.Subscribers)
	t.add(Topic{Name: e.Topic, Messages: 1, Deliveries: n, Bytes: int64(e.Size), Reach: n, Crowd: CrowdOf(e.PublisherIP)})
}

// Merge adds the messages of o.
func (t *Top) Merge(o *Top) {
	for _, x := range o.Of {
		t.add(x)
	}
	t.Short += o.Short
}

func (t *Top) add(x Topic) {
	if t.Of == nil {
		t.Of = map[privacy.RecordedTopic]Topic{}
	}
	all := t.Of[x.Name]
	all.Name = x.Name
	all.Messages += x.Messages
	all.Deliveries += x.Deliveries
	all.Bytes += x.Bytes
	all.Reach = max(all.Reach, x.Reach)
	all.Crowd = all.Crowd.With(x.Crowd)
	t.Of[x.Name] = all
}

// Rows returns the topics, those with the most messages first, and among
// equals by name.
func (t *Top) Rows() []Topic {
	rows := make([]Topic, 0, len(t.Of))
	for _, x := range t.Of {
		rows = append(rows, x)
	}
	slices.SortFunc(rows, func(a, b Topic) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Name, b.Name))
	})
	return rows
}
