package telemetry

// Sums count events. They are all that is left of an event in a sum: no
// address, no topic, no node. Sums of different events add up.
type Sums struct {
	Messages       int64 `json:"messages"`       // published
	Deliveries     int64 `json:"deliveries"`     // subscribers of each message, added up
	Bytes          int64 `json:"bytes"`          // of the payloads published
	DeliveredBytes int64 `json:"deliveredBytes"` // of the payloads, once for each subscriber
	Connections    int64 `json:"connections"`    // opened
	Disconnections int64 `json:"disconnections"` // closed, as far as noticed
	Errors         int64 `json:"errors"`         // refused
}

// Count adds one event.
func (s *Sums) Count(e Event) {
	switch e.Topic {
	case TopicConnect:
		s.Connections++
	case TopicDisconnect:
		s.Disconnections++
	case TopicError:
		s.Errors++
	default:
		s.Messages++
		s.Deliveries += int64(e.Subscribers)
		s.Bytes += int64(e.Size)
		s.DeliveredBytes += int64(e.Size) * int64(e.Subscribers)
	}
}

// Add adds what other events came to.
func (s *Sums) Add(o Sums) {
	s.Messages += o.Messages
	s.Deliveries += o.Deliveries
	s.Bytes += o.Bytes
	s.DeliveredBytes += o.DeliveredBytes
	s.Connections += o.Connections
	s.Disconnections += o.Disconnections
	s.Errors += o.Errors
}

// Events is how many events were counted.
func (s Sums) Events() int64 { return s.Messages + s.Connections + s.Disconnections + s.Errors }
