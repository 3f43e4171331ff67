package gateway

import (
	"sync"

	"tacet/infra/local/socket"
)

// rolls remember which sockets the last lists of ids stood for. Whoever
// publishes much publishes to the same lists again and again, and in a burst
// looking up a thousand ids costs as much as queueing a thousand frames
// (BenchmarkReceivers).
//
// A list is known by where it lies in memory: that is why the ids given to
// PostTo must never change. What it stands for does not change either, since
// no id is used twice; it only gets worse as connections end, which SendAll
// says, and then it is forgotten.
//
// A list is remembered when it comes for the second time: some come only once,
// and would drive out the others.
type rolls struct {
	mu   sync.Mutex
	last [16]roll
	next int // what is forgotten next
	seen any // *ID of the first id of the list that was looked up last
}

// roll is one list of which all were open. It is kept alive here, so that
// nothing else can come to lie where it does.
type roll struct {
	first   any // *ID of its first id
	n       int
	sockets []*socket.Conn
}

// shortRoll is up to how many ids are looked up as fast as a list is found.
const shortRoll = 32

// recall returns the sockets of a list, or nil when it is not remembered.
func recall[ID ~string](k *rolls, ids []ID) []*socket.Conn {
	if len(ids) <= shortRoll {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.find(&ids[0], len(ids)); r != nil {
		return r.sockets
	}
	return nil
}

// remember keeps the sockets of a list that was looked up twice in a row. They
// must not change any more.
func remember[ID ~string](k *rolls, ids []ID, sockets []*socket.Conn) {
	if len(ids) <= shortRoll {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if again := k.seen == any(&ids[0]); !again {
		k.seen = &ids[0]
		return
	}
	k.last[k.next] = roll{&ids[0], len(ids), sockets}
	k.next = (k.next + 1) % len(k.last)
}

// forget lets go of a list, some of which have gone.
func forget[ID ~string](k *rolls, ids []ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r := k.find(&ids[0], len(ids)); r != nil {
		*r = roll{}
	}
}

func (k *rolls) find(first any, n int) *roll {
	for i := range k.last {
		if r := &k.last[i]; r.first == first && r.n == n {
			return r
		}
	}
	return nil
}
