package topic

// Shards is into how many parts a store splits what grows with the number of
// subscribers, so that a crowd that comes at once does not queue for one part.
// Whoever reads an audience reads each of them, so it is small: on DynamoDB
// one part takes 500 new subscriptions a second at least.
const Shards = 4

// Shards returns how many parts the topic's subscribers are kept in. Inbound
// has one: its subscribers are the application's own backends, a handful, and
// every connection that comes or goes is announced to them.
func (n Name) Shards() int {
	if n == Inbound {
		return 1
	}
	return Shards
}

// Shard returns which of the topic's parts a subscriber is kept in, from 0.
func (n Name) Shard(subscriber string) int { return Spread(subscriber, n.Shards()) }

// Spread returns which of parts a string belongs to, from 0; about as many
// strings belong to one as to any other. parts is positive. What is stored is
// found by it, so its results never change.
func Spread(s string, parts int) int {
	// FNV-1a, and the last step of MurmurHash3: names that differ in their
	// last character only would else land side by side.
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	h ^= h >> 16
	return int(uint64(h) * uint64(parts) >> 32)
}
