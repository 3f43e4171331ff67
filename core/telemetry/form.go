package telemetry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tacet/core/privacy"
)

// form is the first byte of a digest's binary form.
const form = 1

// MarshalBinary returns what is not in Sums, for stores: nothing, when there is
// nothing else. Of equal digests it is equal.
//
// It is made of numbers as of binary.Uvarint; of lists, which are a number and
// so many items; and of texts, which are a number and so many bytes. Lists are
// in order. Those of numbers have instead of each how many were left out before
// it. In this order:
//
//   - the first byte, 1
//   - open: the peak; if there is one, also the last, its second, and nanosecond
//   - clients: a list of hashes; or 321, and 2,048 registers of five bits
//   - others: a list of the hashes that are in crowds, and not among the clients
//   - topics: what they are short of; a list of names with messages, deliveries,
//     bytes, reach and crowd, which is a list of places among clients and others
//   - countries: a list of texts with events and crowd
//   - codes: a list of them with refusals
//   - delivery: a list of buckets with their numbers
func (d *Digest) MarshalBinary() ([]byte, error) {
	w := &writer{people: d.people()}
	w.b = append(w.b, form)
	w.open(d.Open)
	w.clients(&d.Clients)
	w.hashes(slices.DeleteFunc(slices.Clone(w.people), func(h uint32) bool { _, ok := slices.BinarySearch(d.Clients.few, h); return ok }))
	w.number(d.Topics.Short)
	w.number(int64(len(d.Topics.rows)))
	for _, x := range d.Topics.rows {
		w.text(string(x.Name))
		for _, n := range [...]int64{x.Messages, x.Deliveries, x.Bytes, x.Reach} {
			w.number(n)
		}
		w.crowd(x.Crowd)
	}
	w.number(int64(len(d.Countries)))
	for _, c := range slices.Sorted(maps.Keys(d.Countries)) {
		w.text(string(c))
		w.number(d.Countries[c].Events)
		w.crowd(d.Countries[c].Crowd)
	}
	w.number(int64(len(d.Codes)))
	code := gaps{}
	for _, c := range slices.Sorted(maps.Keys(d.Codes)) {
		w.number(code.before(int64(c)))
		w.number(d.Codes[c])
	}
	w.number(int64(len(d.Delivery.buckets)))
	of := gaps{}
	for _, b := range d.Delivery.buckets {
		w.number(of.before(int64(b.of)))
		w.number(b.n)
	}
	if len(w.b) == 1+len(empty) && string(w.b[1:]) == empty {
		return nil, nil
	}
	return w.b, nil
}

// empty is all that follows the first byte when nothing was counted.
const empty = "\x00\x00\x00\x00\x00\x00\x00\x00"

// people returns the hashes of all who are in a digest's lists.
func (d *Digest) people() []uint32 {
	all := slices.Clone(d.Clients.few)
	for i := range d.Topics.rows {
		all = append(all, d.Topics.rows[i].Crowd...)
	}
	for _, g := range d.Countries {
		all = append(all, g.Crowd...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// gaps tells how many numbers are left out in a list in order.
type gaps struct{ next int64 }

func (g *gaps) before(n int64) int64 {
	gap := n - g.next
	g.next = n + 1
	return gap
}

func (g *gaps) after(gap int64) int64 {
	n := g.next + gap
	g.next = n + 1
	return n
}

// writer makes a binary form.
type writer struct {
	b      []byte
	people []uint32
}

func (w *writer) number(n int64) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *writer) text(s string) {
	w.number(int64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) open(o Open) {
	w.number(o.Peak)
	if o.Peak > 0 {
		w.number(o.Last)
		w.number(o.At.Unix())
		w.number(int64(o.At.Nanosecond()))
	}
}

func (w *writer) clients(d *Distinct) {
	if d.many == nil {
		w.hashes(d.few)
		return
	}
	w.number(maxFew + 1)
	for eight := range slices.Chunk(d.many, 8) {
		var x uint64
		for i, run := range eight {
			x |= uint64(run) << (5 * i)
		}
		w.b = append(w.b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32))
	}
}

func (w *writer) hashes(all []uint32) {
	w.number(int64(len(all)))
	g := gaps{}
	for _, h := range all {
		w.number(g.before(int64(h)))
	}
}

func (w *writer) crowd(c Crowd) {
	w.number(int64(len(c)))
	g := gaps{}
	for _, h := range c {
		i, _ := slices.BinarySearch(w.people, h)
		w.number(g.before(int64(i)))
	}
}

// maxCountries is how many there can be: two letters, or none.
const maxCountries = 26*26 + 1

var errDamaged = errors.New("a digest is damaged")

// UnmarshalBinary reads what MarshalBinary wrote; sums stay as they are.
// Nothing is what older rollups have: a digest of sums alone. What it makes of
// damaged data takes no more memory than a small multiple of them.
func (d *Digest) UnmarshalBinary(data []byte) error {
	read := Digest{Sums: d.Sums}
	if len(data) > 0 {
		if data[0] != form {
			return fmt.Errorf("a digest has the form %d: it was written by a newer release, which can read it", data[0])
		}
		r := &reader{b: data[1:]}
		r.digest(&read)
		if r.damaged || len(r.b) > 0 {
			return errDamaged
		}
	}
	*d = read
	return nil
}

// reader reads a binary form. Once it has found that it is damaged, it reads
// nothing but zeros.
type reader struct {
	b       []byte
	damaged bool
	people  []uint32
}

func (r *reader) digest(d *Digest) {
	r.open(&d.Open)
	r.clients(&d.Clients)
	r.people = union(d.Clients.few, r.hashes(r.length((MaxTopics+maxCountries)*MaxCrowd, 1)))
	r.topics(&d.Topics)
	for range r.length(maxCountries, 3) {
		if d.Countries == nil {
			d.Countries = map[privacy.Country]Group{}
		}
		c := privacy.Country(r.text())
		d.Countries[c] = Group{r.number(), r.crowd()}
	}
	code := gaps{}
	for range r.length(1<<16, 2) {
		if d.Codes == nil {
			d.Codes = map[int]int64{}
		}
		d.Codes[int(code.after(r.number()))] = r.number()
	}
	of := gaps{}
	for range r.length(maxBuckets, 2) {
		b := bucket{int(r.place(&of, maxBuckets)), r.number()}
		d.Delivery.buckets = append(d.Delivery.buckets, b)
	}
}

func (r *reader) fail() {
	r.damaged, r.b = true, nil
}

func (r *reader) number() int64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int64(x)
}

// length reads how long a list is: most at most, and so long that items of size
// bytes at least can follow.
func (r *reader) length(most, size int) int {
	n := r.number()
	if n < 0 || n > int64(min(most, len(r.b)/size)) {
		r.fail()
		return 0
	}
	return int(n)
}

// place reads the next number of a list in order, all of which are below end.
func (r *reader) place(g *gaps, end int64) int64 {
	gap := r.number()
	if gap < 0 || gap >= end-g.next {
		r.fail()
		return 0
	}
	return g.after(gap)
}

func (r *reader) text() string {
	n := r.length(len(r.b), 1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) open(o *Open) {
	if o.Peak = r.number(); o.Peak > 0 {
		o.Last = r.number()
		o.At = time.Unix(r.number(), r.number()).UTC()
	}
}

func (r *reader) hashes(n int) []uint32 {
	var all []uint32
	g := gaps{}
	for range n {
		all = append(all, uint32(r.place(&g, 1<<32)))
	}
	return all
}

func (r *reader) clients(d *Distinct) {
	n := r.length(maxFew+1, 1)
	if n <= maxFew {
		d.few = r.hashes(n)
		return
	}
	if len(r.b) < registers/8*5 {
		r.fail()
		return
	}
	d.many = make([]uint8, registers)
	for i := range d.many {
		at := 5 * (i % 8)
		x := uint64(r.b[0]) | uint64(r.b[1])<<8 | uint64(r.b[2])<<16 | uint64(r.b[3])<<24 | uint64(r.b[4])<<32
		if d.many[i] = uint8(x >> at & 31); d.many[i] > maxRun {
			r.fail()
			return
		}
		if i%8 == 7 {
			r.b = r.b[5:]
		}
	}
}

func (r *reader) topics(t *Top) {
	t.Short = r.number()
	for range r.length(MaxTopics, 6) {
		x := Topic{Name: privacy.RecordedTopic(r.text())}
		for _, n := range [...]*int64{&x.Messages, &x.Deliveries, &x.Bytes, &x.Reach} {
			*n = r.number()
		}
		x.Crowd = r.crowd()
		if n := len(t.rows); n > 0 && t.rows[n-1].Name >= x.Name {
			r.fail()
			return
		}
		t.rows = append(t.rows, x)
	}
}

func (r *reader) crowd() Crowd {
	var c Crowd
	g := gaps{}
	for range r.length(MaxCrowd, 1) {
		i := r.place(&g, int64(len(r.people)))
		if r.damaged {
			return nil
		}
		c = append(c, r.people[i])
	}
	return c
}
