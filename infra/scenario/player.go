package scenario

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tacet/core/app"
	"tacet/core/plan"
)

// Patience is how long a line waits for what it says.
const Patience = 10 * time.Second

// player plays one conversation.
type player struct {
	place      Place
	ordered    bool
	closing    bool
	suffix     string // makes subjects unique on a host that others use too
	people     map[string]*person
	count      int // $n
	transcript transcript

	mayCall []string // options of the token that the API is called with
	http    *http.Client
	answer  *answer // of the API, not looked at yet
}

// Play holds the conversation and returns nil if all went as it says. Else the
// error names the line and shows what was said until then.
func (h *Host) Play(ctx context.Context, s Scenario) error {
	place, set, err := h.place(ctx, s)
	defer set.close()
	if err != nil {
		return err
	}
	p := &player{
		place: place, ordered: slices.Contains(h.Can, Ordered), closing: slices.Contains(h.Can, Closing), suffix: "-" + strings.ToLower(rand.Text()[:6]), people: map[string]*person{},
		mayCall: []string{"publish=*", "manage=connections", "manage=subscribers", "manage=application"},
		http:    &http.Client{Timeout: Patience, Transport: &http.Transport{TLSClientConfig: place.TLS}},
	}
	defer p.leave()
	if h.Make == nil {
		if err := p.calm(); err != nil {
			return err
		}
	}
	for _, l := range s.lines {
		if err := p.play(l); err != nil {
			return fmt.Errorf("%s: %s\n\t%w\n%s", l.at, l.text, err, &p.transcript)
		}
	}
	if err := p.end(); err != nil {
		return fmt.Errorf("%s: at the end\n\t%w\n%s", s.lines[len(s.lines)-1].at, err, &p.transcript)
	}
	return nil
}

func (p *player) play(l line) error {
	p.transcript.line(l.text)
	for p.count = 1; p.count <= l.repeat; p.count++ {
		if err := l.do(p); err != nil {
			return err
		}
	}
	return nil
}

// calm waits until those of the conversation before have left a shared
// application.
func (p *player) calm() error {
	for deadline := time.Now().Add(Patience); ; time.Sleep(10 * time.Millisecond) {
		if err := p.call(http.MethodGet, "/api/topics/$app", ""); err != nil {
			return err
		}
		said := *p.answer
		if p.answer = nil; said.body == "[]" {
			p.transcript = transcript{}
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the application should have no subscribers when a conversation begins: %s", said)
		}
	}
}

// place returns the application that the conversation is about, and where its
// keys are fetched, if they are.
func (h *Host) place(ctx context.Context, s Scenario) (Place, *keySet, error) {
	if h.Make == nil {
		shared := *h.Shared
		shared.Keys = maps.Clone(shared.Keys)
		return shared, nil, nil
	}
	a := &app.App{ID: app.ID(randomHex()), Plan: plan.Unlimited}
	keys, fetched := Keys{}, false
	for _, f := range s.Needs {
		if !f.setting() {
			continue
		}
		if err := f.set(a, keys); err != nil {
			return Place{}, nil, err
		}
		fetched = fetched || strings.HasPrefix(string(f), "first-set=")
	}
	for _, name := range []string{first, admin} {
		if _, ok := keys[name]; !ok {
			if err := keys.add(name, "HS256"); err != nil {
				return Place{}, nil, err
			}
		}
	}
	var set *keySet
	if fetched {
		var err error
		if set, err = serveSet(keys[first]); err != nil {
			return Place{}, nil, err
		}
	}
	place, err := h.Make(ctx, a, keys.slots(set))
	place.App, place.Keys = a, keys
	return place, set, err
}

func randomHex() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x", b)
}

func (p *player) subject(who string) string { return who + p.suffix }

// person returns somebody who has been heard of.
func (p *player) person(who string) (*person, error) {
	if someone, ok := p.people[who]; ok {
		return someone, nil
	}
	return nil, fmt.Errorf("%s has not come yet", who)
}

// end finds out whether everything has been told.
func (p *player) end() error {
	if p.answer != nil {
		return errors.New("nobody looked at the last answer of the API")
	}
	return p.silence()
}

// silence returns nil if nothing is left that somebody could hear. A pong is
// behind everything that was on its way, so nobody has to wait: after the first
// round all that people sent has taken effect, after the second it has arrived.
func (p *player) silence() error {
	for range 2 {
		for _, name := range slices.Sorted(maps.Keys(p.people)) {
			someone := p.people[name]
			if someone.gone() {
				continue
			}
			if err := someone.write(`{"type":"ping"}`); err != nil {
				return err
			}
			if err := someone.hear(isPong); err != nil {
				return fmt.Errorf("there should be nothing to hear, but %w", err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.people)) { // what a pong may have overtaken
		if left := p.people[name].unheard(); left != nil {
			return fmt.Errorf("there should be nothing to hear, but %s hears %s", name, left)
		}
	}
	return nil
}

// leave ends what is open.
func (p *player) leave() {
	for _, someone := range p.people {
		someone.hangUp()
	}
	p.http.CloseIdleConnections()
}
