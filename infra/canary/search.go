package canary

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Searcher looks for markers, and remembers where it found them. Safe for
// concurrent use.
type Searcher struct {
	declared []Declaration
	patterns []pattern
	markers  *automaton
	window   int

	mu       sync.Mutex
	hits     map[string]*Hit
	searched map[string]*Tally
}

// Tally is how much was searched.
type Tally struct {
	Sort   string `json:"sort"`
	Places int    `json:"places"`
	Bytes  int64  `json:"bytes"`
	// Note says what about it was otherwise than it should be, or why there was
	// nothing to search.
	Note string `json:"note,omitempty"`
}

// pattern is what the automaton looks for: a form of a marker, or what begins
// something that can be opened.
type pattern struct {
	role  Role
	form  string
	text  []byte
	short bool
	opens *layer
}

const (
	// window is how much is looked at in one piece.
	window = 32 << 20
	// overlap is how much of it is looked at again with the next: more than any
	// form is long. What is compressed is opened from where it begins.
	overlap = 4 << 10
)

// NewSearcher returns who looks for markers. Where they may be is declared.
func NewSearcher(markers []Marker, declared ...Declaration) *Searcher {
	s := &Searcher{declared: declared, window: window, hits: map[string]*Hit{}, searched: map[string]*Tally{}}
	for _, m := range markers {
		for _, f := range m.forms() {
			s.patterns = append(s.patterns, pattern{role: m.Role, form: f.name, text: f.text, short: f.short})
		}
	}
	for i := range layers {
		s.patterns = append(s.patterns, pattern{text: []byte(layers[i].begins), opens: &layers[i]})
	}
	all := make([][]byte, len(s.patterns))
	for i, p := range s.patterns {
		all[i] = p.text
	}
	s.markers = newAutomaton(all)
	return s
}

// Bytes looks into b, which is all there is at a place.
func (s *Searcher) Bytes(p Place, b []byte) {
	s.count(p, len(b))
	s.look(p, nil, b, 0)
}

// Text looks into a text.
func (s *Searcher) Text(p Place, text string) { s.Bytes(p, []byte(text)) }

// Reader looks into what r has, which may be much, and returns r's error.
func (s *Searcher) Reader(p Place, r io.Reader) error {
	buf := make([]byte, 0, min(1<<20, s.window))
	base := int64(0)
	s.count(p, 0)
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(cap(buf), s.window))
		}
		n, err := io.ReadFull(r, buf[len(buf):min(cap(buf), s.window)])
		buf = buf[:len(buf)+n]
		s.more(p, n)
		switch {
		case err != nil || len(buf) >= s.window:
			s.look(p, nil, buf, base)
		default:
			continue
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", p.Name, err)
		}
		base += int64(len(buf) - overlap)
		buf = append(buf[:0], buf[len(buf)-overlap:]...)
	}
}

// look looks into b, which begins at an offset, inside layers.
func (s *Searcher) look(p Place, inside []string, b []byte, base int64) {
	var begin []opening
	s.markers.search(b, func(i, end int) {
		f := &s.patterns[i]
		start := end - len(f.text)
		switch {
		case f.opens != nil:
			if len(inside) < maxLayers && bytes.Equal(b[start:end], f.text) {
				begin = append(begin, opening{f.opens, start})
			}
		case !f.short || !p.Noise && len(inside) == 0:
			s.hit(p, f, inside, base+int64(start))
		}
	})
	if len(inside) >= maxLayers {
		return
	}
	for _, o := range begin {
		for _, content := range o.layer.open(b[o.at:]) {
			if len(content) > 0 {
				s.look(p, append(slices.Clone(inside), o.layer.name), content, 0)
			}
		}
	}
	for _, content := range fromBase64(b) {
		s.look(p, append(slices.Clone(inside), "base64"), content, 0)
	}
}

func (s *Searcher) hit(p Place, f *pattern, inside []string, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// One marker is found in several forms at a time: both halves, and the whole.
	key := strings.Join([]string{p.Sort, p.Name, string(f.role)}, "\x00")
	if h := s.hits[key]; h != nil {
		h.Times++
		if f.form == whole && h.Offset == offset {
			h.Form = whole
		}
		return
	}
	h := &Hit{Place: p, Role: f.role, Form: f.form, Layers: inside, Offset: offset, Times: 1}
	for _, d := range s.declared {
		if d.Sort == p.Sort && strings.HasPrefix(p.Name, d.Within) && slices.Contains(d.Roles, f.role) {
			h.Declared = d.Because
		}
	}
	s.hits[key] = h
}

func (s *Searcher) count(p Place, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally(p.Sort)
	t.Places++
	t.Bytes += int64(n)
}

func (s *Searcher) more(p Place, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally(p.Sort).Bytes += int64(n)
}

func (s *Searcher) tally(sort string) *Tally {
	t := s.searched[sort]
	if t == nil {
		t = &Tally{Sort: sort}
		s.searched[sort] = t
	}
	return t
}

// Note remembers something about a sort of places.
func (s *Searcher) Note(sort, format string, arguments ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally(sort).Note = fmt.Sprintf(format, arguments...)
}

// Searched returns how much was searched, by sort of place.
func (s *Searcher) Searched() []Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Tally
	for _, t := range s.searched {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b Tally) int { return strings.Compare(a.Sort, b.Sort) })
	return all
}

// Hits returns what was found, in the order of places; of each marker and place
// one.
func (s *Searcher) Hits() []Hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Hit
	for _, h := range s.hits {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b Hit) int {
		return cmp.Or(strings.Compare(a.Sort, b.Sort), strings.Compare(a.Name, b.Name), strings.Compare(string(a.Role), string(b.Role)))
	})
	return all
}
