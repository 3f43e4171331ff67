package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tacet/core/topic"
	"tacet/core/wire"
)

// subscribe prints what is published on topics.
type subscribe struct {
	target
	Topics  []string      `arg:"" name:"topic" help:"Topics to subscribe to."`
	Count   int           `short:"n" placeholder:"N" help:"End after so many messages; 0, the default, sets no end."`
	Timeout time.Duration `placeholder:"DURATION" help:"End after this time; with --count, that is a failure."`
	JSON    asJSON        `name:"json" help:"Print each frame as the server sent it, as one line of JSON, also on a terminal."`
}

func (subscribe) example() string {
	return `  tacet subscribe chat
  tacet subscribe --json --count 1 'orders/42' | jq .data.payload

On a terminal a message is printed for people, elsewhere as the server's frame,
one line of JSON each. A lost connection is made again, with a pause that grows;
what was published meanwhile is lost, because nothing is stored.
`
}

// Run subscribes and prints until somebody or something ends it.
func (s subscribe) Run(ctx context.Context, c *console) error {
	if s.Count < 0 || s.Timeout < 0 {
		return misused("--count and --timeout must not be negative")
	}
	for _, t := range s.Topics {
		if _, err := topic.Parse(t); err != nil {
			return misused("topic %q: %w", t, err)
		}
	}
	outer := ctx
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
		defer cancel()
	}
	l := listener{subscribe: s, console: c, show: shower(c.out, bool(s.JSON) || !isTerminal(c.out))}
	err := l.listen(ctx)
	switch {
	case outer.Err() != nil: // interrupted: that is how it is meant to end
		return nil
	case ctx.Err() != nil && s.Count > 0:
		return fmt.Errorf("%d of %d messages came within %s", l.shown, s.Count, s.Timeout)
	case ctx.Err() != nil:
		return nil
	}
	return err
}

// listener is a subscribe under way, over as many connections as it takes.
type listener struct {
	subscribe
	console *console
	show    func(*frame, []byte) error
	shown   int
	greeted bool   // a connection has worked
	told    string // why the last one ended
	backoff backoff
}

// errEnough says that all messages that were asked for have come.
var errEnough = errors.New("enough")

// listen returns nil when enough has come.
func (l *listener) listen(ctx context.Context) error {
	for {
		err := l.once(ctx)
		if errors.Is(err, errEnough) || ctx.Err() != nil {
			return nil
		}
		if !l.mayRetry(err) {
			return err
		}
		wait := l.backoff.next()
		l.tell(err, wait)
		if pause(ctx, wait) != nil {
			return nil
		}
	}
}

// tell says why it connects again, once for each reason in a row.
func (l *listener) tell(err error, wait time.Duration) {
	what := err.Error()
	if what == l.told {
		what = "still the same"
	}
	l.told = err.Error()
	l.console.say("%s; connecting again in %s", what, wait.Round(time.Millisecond))
}

// mayRetry reports whether another connection may work where this one did not.
// The first one is not tried again: then the address is wrong, most likely.
func (l *listener) mayRetry(err error) bool {
	var ended *over
	var no *refused
	var wrong misuse
	switch {
	case errors.As(err, &wrong):
		return false
	case errors.As(err, &no):
		return l.greeted && no.temporary()
	case errors.As(err, &ended):
		return ended.again()
	}
	var said *complaint
	return l.greeted && !errors.As(err, &said)
}

// once connects, subscribes and prints until the connection ends.
func (l *listener) once(ctx context.Context) error {
	e, err := l.find(false)
	if err != nil {
		return err
	}
	session, err := e.open(ctx)
	if err != nil {
		return err
	}
	l.greeted = true
	ctx, cancel := context.WithCancel(ctx)
	defer session.close()
	defer cancel()
	go session.keep(ctx)

	pending := map[string]string{} // the topics that wait for an ack
	for i, t := range l.Topics {
		id := strconv.Itoa(i + 1)
		pending[id] = t
		// Legal names of topics need no escaping.
		if err := session.send(ctx, wire.TypeSubscribe, fmt.Appendf(nil, `{"topic":%q,"id":%q}`, t, id)); err != nil {
			return session.ended(err)
		}
	}
	for {
		f, raw, err := session.read(ctx)
		if err != nil {
			return session.ended(err)
		}
		if err := l.take(session, pending, f, raw); err != nil {
			return err
		}
	}
}

// take does what a frame asks for.
func (l *listener) take(session *session, pending map[string]string, f *frame, raw []byte) error {
	switch {
	case f.is("priv/acks", "ack"):
		var a ack
		if json.Unmarshal(f.Data, &a) != nil || pending[a.ID] == "" {
			return nil
		}
		delete(pending, a.ID)
		if len(pending) == 0 {
			l.backoff, l.told = backoff{}, ""
			l.console.say("subscribed to %s; this connection is %s", strings.Join(l.Topics, ", "), session.id)
		}
		return nil
	case f.is("priv/errors", "error"):
		said := new(complaint)
		if err := json.Unmarshal(f.Data, said); err != nil {
			return nil
		}
		if t, ok := pending[said.ID]; ok {
			return fmt.Errorf("%s: %w", t, said)
		}
		l.console.say("%v", said)
		return nil
	}
	for _, t := range l.Topics {
		if f.Topic != t || f.is("main", "welcome") {
			continue
		}
		if err := l.show(f, raw); err != nil {
			return err
		}
		if l.shown++; l.shown == l.Count {
			return errEnough
		}
		break
	}
	return nil
}
