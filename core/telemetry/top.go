package telemetry

import (
	"cmp"
	"slices"

	"tacet/core/privacy"
)

// MaxTopics is how many topics a Top tells apart.
const MaxTopics = 256

// Topic is what the messages on one topic came to. If the Top that it is of is
// Short of some, all of it is of what was counted while it was there: never too
// much.
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
// most. Short is 0 when there were no more than MaxTopics topics, and never
// more than one of MaxTopics+1 messages. The zero value has none.
type Top struct {
	Short int64
	rows  []Topic // by name
}

// Count adds a message.
func (t *Top) Count(e Event) {
	h, ok := hashOf(e.PublisherIP)
	t.count(e, h, ok)
}

// count adds a message, by somebody if he is known.
func (t *Top) count(e Event, by uint32, known bool) {
	i, ok := slices.BinarySearchFunc(t.rows, e.Topic, func(x Topic, name privacy.RecordedTopic) int { return cmp.Compare(x.Name, name) })
	if !ok {
		t.rows = slices.Insert(t.rows, i, Topic{Name: e.Topic})
	}
	x, n := &t.rows[i], int64(e.Subscribers)
	x.Messages++
	x.Deliveries += n
	x.Bytes += int64(e.Size)
	x.Reach = max(x.Reach, n)
	x.Crowd = x.Crowd.with(by, known)
	t.prune()
}

// Merge adds the messages of o.
func (t *Top) Merge(o *Top) {
	t.Short += o.Short
	if len(o.rows) == 0 {
		return
	}
	both := make([]Topic, 0, len(t.rows)+len(o.rows))
	a, b := t.rows, o.rows
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0].Name, b[0].Name) {
		case -1:
			both, a = append(both, a[0]), a[1:]
		case 1:
			both, b = append(both, b[0]), b[1:]
		default:
			both, a, b = append(both, a[0].with(&b[0])), a[1:], b[1:]
		}
	}
	t.rows = append(append(both, a...), b...)
	t.prune()
}

func (x Topic) with(o *Topic) Topic {
	x.Messages += o.Messages
	x.Deliveries += o.Deliveries
	x.Bytes += o.Bytes
	x.Reach = max(x.Reach, o.Reach)
	x.Crowd = x.Crowd.With(o.Crowd)
	return x
}

// prune leaves MaxTopics rows at most: it takes from each as much as the first
// that is too many has. More than MaxTopics rows lose as much, so what they lose
// is never more than one of MaxTopics+1 of all messages.
func (t *Top) prune() {
	if len(t.rows) <= MaxTopics {
		return
	}
	most := make([]int64, len(t.rows))
	for i := range t.rows {
		most[i] = t.rows[i].Messages
	}
	slices.Sort(most)
	less := most[len(most)-1-MaxTopics]
	t.Short += less
	left := t.rows[:0]
	for _, x := range t.rows {
		if x.Messages -= less; x.Messages > 0 {
			left = append(left, x)
		}
	}
	clear(t.rows[len(left):])
	t.rows = left
}

// Rows returns the topics, those with the most messages first, and among
// equals by name.
func (t *Top) Rows() []Topic {
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b Topic) int { return cmp.Compare(b.Messages, a.Messages) })
	return rows
}
