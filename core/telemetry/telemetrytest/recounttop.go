package telemetrytest

import (
	"cmp"
	"fmt"
	"slices"

	"tacet/core/telemetry"
)

// WrongTopics returns what is wrong with a Top of all messages that were counted:
// it is within the bound that it states, and states none when there are no more
// than MaxTopics.
func (r *Recount) WrongTopics(top *telemetry.Top) error {
	var total int64
	for _, x := range r.topics {
		total += x.Messages
	}
	rows := top.Rows()
	switch {
	case top.Short > total/(telemetry.MaxTopics+1) || len(r.topics) <= telemetry.MaxTopics && top.Short > 0:
		return fmt.Errorf("of %d messages on %d topics it is short of %d", total, len(r.topics), top.Short)
	case len(rows) > telemetry.MaxTopics || top.Short == 0 && len(rows) != len(r.topics):
		return fmt.Errorf("of %d topics there are %d, short of %d", len(r.topics), len(rows), top.Short)
	case !slices.IsSortedFunc(rows, func(a, b telemetry.Topic) int { return cmp.Compare(b.Messages, a.Messages) }):
		return fmt.Errorf("topics are not in order: %+v", rows)
	}
	there := map[string]bool{}
	for _, x := range rows {
		if there[string(x.Name)] = true; r.topics[x.Name] == nil {
			return fmt.Errorf("there is no topic %s", x.Name)
		}
		if err := r.topics[x.Name].wrong(x, top.Short); err != nil {
			return err
		}
	}
	for name, x := range r.topics {
		if x.Messages > top.Short && !there[string(name)] {
			return fmt.Errorf("%s is missing, with %d messages, short of %d", name, x.Messages, top.Short)
		}
	}
	return nil
}

// wrong returns what is wrong with a row about c.
func (c *crowded) wrong(x telemetry.Topic, short int64) error {
	exact := x.Messages == c.Messages && x.Deliveries == c.Deliveries && x.Bytes == c.Bytes && x.Reach == c.Reach && len(x.Crowd) == len(c.people)
	more := x.Messages > c.Messages || x.Deliveries > c.Deliveries || x.Bytes > c.Bytes || x.Reach > c.Reach || len(x.Crowd) > len(c.people)
	if short == 0 && !exact || more || x.Messages+short < c.Messages {
		return fmt.Errorf("%+v, short of %d, is really %+v by %d people", x, short, c.Topic, len(c.people))
	}
	return nil
}
