package telemetry

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
)

// Live is what a few seconds of an application's events came to. It names no
// client, and topics as they are recorded.
type Live struct {
	At          time.Time     `json:"at"`      // when they ended
	Seconds     int           `json:"seconds"` // how many they are
	Messages    int64         `json:"messages"`
	Deliveries  int64         `json:"deliveries"`
	Bytes       int64         `json:"bytes"`
	Open        int64         `json:"open"` // connections after the last one that came or went; 0 when none did, or nobody counted
	Connects    int64         `json:"connects"`
	Disconnects int64         `json:"disconnects"`
	Errors      map[int]int64 `json:"errors"` // refusals, by their number in wire.Catalogue
	Topics      []LiveTopic   `json:"topics"` // those with most messages
}

// LiveTopic is what a few seconds were on one topic.
type LiveTopic struct {
	Topic       privacy.RecordedTopic `json:"topic"`
	Messages    int64                 `json:"messages"`
	Deliveries  int64                 `json:"deliveries"`
	Bytes       int64                 `json:"bytes"`
	Largest     int64                 `json:"largest"`     // payload, in bytes
	Subscribers int64                 `json:"subscribers"` // how many the message for most was for
}

const (
	// MaxLiveTopics is how many topics Live lists.
	MaxLiveTopics = 50
	// watchedTopics is how many names are held in memory to find them: of those
	// that first occur when there are as many, nothing is listed.
	watchedTopics = 4096
	// MaxLiveSeconds is how many seconds may be looked at in one go.
	MaxLiveSeconds = 60
)

// LiveOf returns what the seconds up to to, which is not included, came to. What
// is recorded later than that is not in it.
func LiveOf(ctx context.Context, events Events, of app.ID, to time.Time, seconds int, now time.Time) (*Live, error) {
	to = to.UTC().Truncate(time.Second)
	l := watch{
		Live:   Live{At: to, Seconds: min(max(seconds, 1), MaxLiveSeconds), Errors: map[int]int64{}},
		topics: map[privacy.RecordedTopic]*LiveTopic{},
	}
	from := to.Add(-time.Duration(l.Seconds) * time.Second)
	err := events.Each(ctx, of, from, to, now, func(e Event) error { l.count(e); return nil })
	if err != nil {
		return nil, err
	}
	l.Open = l.open.Last
	l.Topics = make([]LiveTopic, 0, min(len(l.topics), MaxLiveTopics))
	for _, t := range l.most() {
		l.Topics = append(l.Topics, *t)
	}
	return &l.Live, nil
}

// watch is Live as it is made.
type watch struct {
	Live
	open   Open
	topics map[privacy.RecordedTopic]*LiveTopic
}

func (w *watch) count(e Event) {
	switch e.Topic {
	case TopicConnect:
		w.Connects++
		w.open.note(int64(e.Subscribers), int64(e.Subscribers), e.At)
	case TopicDisconnect:
		w.Disconnects++
		w.open.note(int64(e.Subscribers), int64(e.Subscribers)-1, e.At)
	case TopicError:
		w.Errors[e.Code]++
	default:
		w.Messages++
		w.Deliveries += int64(e.Subscribers)
		w.Bytes += int64(e.Size)
		w.topic(e)
	}
}

func (w *watch) topic(e Event) {
	t := w.topics[e.Topic]
	if t == nil {
		if len(w.topics) >= watchedTopics {
			return
		}
		t = &LiveTopic{Topic: e.Topic}
		w.topics[e.Topic] = t
	}
	t.Messages++
	t.Deliveries += int64(e.Subscribers)
	t.Bytes += int64(e.Size)
	t.Largest = max(t.Largest, int64(e.Size))
	t.Subscribers = max(t.Subscribers, int64(e.Subscribers))
}

// most returns the topics with most messages, and of as many the first by name.
func (w *watch) most() []*LiveTopic {
	all := make([]*LiveTopic, 0, len(w.topics))
	for _, t := range w.topics {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *LiveTopic) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Topic, b.Topic))
	})
	return all[:min(len(all), MaxLiveTopics)]
}
