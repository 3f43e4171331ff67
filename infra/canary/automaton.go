package canary

// fold makes one letter of upper and lower case.
var fold = func() (f [256]byte) {
	for i := range f {
		f[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			f[i] |= 0x20
		}
	}
	return f
}()

// automaton finds many patterns in one pass, whatever their case (Aho and
// Corasick, 1975). It is not changed once it is made.
type automaton struct {
	class   [256]int32 // of bytes that no pattern has: 0
	classes int32
	next    []int32 // where a state goes with a class
	found   [][]int // which patterns end at a state
}

func newAutomaton(patterns [][]byte) *automaton {
	a := &automaton{classes: 1}
	for _, p := range patterns {
		for _, c := range p {
			if c = fold[c]; a.class[c] == 0 {
				a.class[c] = a.classes
				a.classes++
			}
		}
	}
	for c := range a.class {
		a.class[c] = a.class[fold[c]]
	}
	a.grow()
	for i, p := range patterns {
		a.add(p, i)
	}
	a.link()
	return a
}

// grow adds a state.
func (a *automaton) grow() int32 {
	n := int32(len(a.found))
	a.found = append(a.found, nil)
	a.next = append(a.next, make([]int32, a.classes)...)
	return n
}

func (a *automaton) add(p []byte, number int) {
	if len(p) == 0 {
		return
	}
	at := int32(0)
	for _, c := range p {
		i := at*a.classes + a.class[c]
		if a.next[i] == 0 {
			next := a.grow()
			a.next[i] = next
		}
		at = a.next[i]
	}
	a.found[at] = append(a.found[at], number)
}

// link fills in where each state goes with what it does not expect: to what the
// longest end of it that begins a pattern does.
func (a *automaton) link() {
	back := make([]int32, len(a.found))
	queue := make([]int32, 0, len(a.found))
	for c := range a.classes {
		if to := a.next[c]; to != 0 {
			queue = append(queue, to)
		}
	}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		a.found[at] = append(a.found[at], a.found[back[at]]...)
		for c := range a.classes {
			to, otherwise := &a.next[at*a.classes+c], a.next[back[at]*a.classes+c]
			if *to == 0 {
				*to = otherwise
				continue
			}
			back[*to] = otherwise
			queue = append(queue, *to)
		}
	}
}

// search calls f for each pattern that stands in b, with where it ends. The
// race detector would make minutes of the seconds that a process's memory
// takes, and has nothing to find: the automaton does not change any more, and b
// is the caller's.
//
//go:norace
func (a *automaton) search(b []byte, f func(pattern, end int)) {
	at := int32(0)
	for i, c := range b {
		if at = a.next[at*a.classes+a.class[c]]; a.found[at] != nil {
			for _, p := range a.found[at] {
				f(p, i+1)
			}
		}
	}
}
