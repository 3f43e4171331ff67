package embedded

// The clocks by which an entry is queued.
const (
	byEnd = iota
	byDeadline
	clocks
)

// queue is a binary heap of entries, the one that is due first on top. Every
// entry knows its place, so that it can be moved and removed.
type queue struct {
	clock   int
	entries []*entry
}

// first returns the entry that is due first, or nil.
func (q *queue) first() *entry {
	if len(q.entries) == 0 {
		return nil
	}
	return q.entries[0]
}

// put queues e, or moves it when it is queued already.
func (q *queue) put(e *entry, when int64) {
	e.when[q.clock] = when
	if e.at[q.clock] == 0 {
		q.entries = append(q.entries, e)
		e.at[q.clock] = int32(len(q.entries))
	}
	q.settle(int(e.at[q.clock]) - 1)
}

// remove takes e out; one that is not there is left alone.
func (q *queue) remove(e *entry) {
	i := int(e.at[q.clock]) - 1
	if i < 0 {
		return
	}
	last := len(q.entries) - 1
	q.swap(i, last)
	q.entries[last] = nil
	q.entries = q.entries[:last]
	e.at[q.clock] = 0
	if i < last {
		q.settle(i)
	}
	if cap(q.entries) > 4*last+64 {
		q.entries = append(make([]*entry, 0, 2*last), q.entries...)
	}
}

// until calls f for every entry that is due at when or before. Below one that
// is later, all are.
func (q *queue) until(when int64, f func(*entry)) {
	var walk func(int)
	walk = func(i int) {
		if i < len(q.entries) && q.entries[i].when[q.clock] <= when {
			f(q.entries[i])
			walk(2*i + 1)
			walk(2*i + 2)
		}
	}
	walk(0)
}

func (q *queue) less(i, j int) bool { return q.entries[i].when[q.clock] < q.entries[j].when[q.clock] }

func (q *queue) swap(i, j int) {
	q.entries[i], q.entries[j] = q.entries[j], q.entries[i]
	q.entries[i].at[q.clock], q.entries[j].at[q.clock] = int32(i+1), int32(j+1)
}

// settle moves the i-th entry to where it belongs.
func (q *queue) settle(i int) {
	for i > 0 && q.less(i, (i-1)/2) {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.entries); child++ {
			if q.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		q.swap(i, least)
		i = least
	}
}
