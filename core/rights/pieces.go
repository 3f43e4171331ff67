package rights

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/telemetry"
)

const (
	telemetryFolder = "telemetry/"
	telemetryAbout  = "What was recorded of the messages and connections of one application on one day (UTC), one line for each: the attributes that /privacy lists, and never what was sent. It is kept for as long as the application's plan says; a day of very many lines may be cut into hours, and an hour into minutes."
)

// pieceMost is how many events make a piece be cut, where volumes have a limit:
// some megabytes, packed.
const pieceMost = 50_000

var errEnough = errors.New("these are enough events to know")

// piece is a time of which the telemetry of an application is one file: a day,
// or an hour or a minute of one that is too long.
type piece struct {
	start time.Time
	span  telemetry.Span
}

// spanned is a span of pieces, and how their starts are written.
type spanned struct {
	span   telemetry.Span
	layout string
}

// spans are those that there are, the longest first.
var spans = []spanned{
	{telemetry.Daily, "2006-01-02"},
	{telemetry.Hourly, "2006-01-02T15"},
	{telemetry.Minutely, "2006-01-02T15-04"},
}

func (p piece) end() time.Time { return p.start.Add(time.Duration(p.span)) }

// parts returns what a piece is cut into; nothing for one that cannot be.
func (p piece) parts() (all []piece) {
	i := slices.IndexFunc(spans, func(s spanned) bool { return s.span == p.span })
	if i+1 == len(spans) {
		return nil
	}
	for at := (piece{p.start, spans[i+1].span}); at.start.Before(p.end()); at.start = at.end() {
		all = append(all, at)
	}
	return all
}

// name returns the file of a piece.
func (p piece) name(of app.ID) string {
	for _, s := range spans {
		if s.span == p.span {
			return telemetryFolder + string(of) + "/" + p.start.Format(s.layout) + ".jsonl"
		}
	}
	return ""
}

// parsePiece returns what a file is of.
func parsePiece(name string) (of app.ID, _ piece, ok bool) {
	rest, ok := strings.CutPrefix(name, telemetryFolder)
	id, rest, _ := strings.Cut(rest, "/")
	text, jsonl := strings.CutSuffix(rest, ".jsonl")
	if !ok || !jsonl || !isID(id) {
		return "", piece{}, false
	}
	for _, s := range spans {
		start, err := time.Parse(s.layout, text)
		if p := (piece{start, s.span}); err == nil && p.name(app.ID(id)) == name {
			return app.ID(id), p, true
		}
	}
	return "", piece{}, false
}

// retention is for how long a plan keeps telemetry.
func retention(name plan.Name) time.Duration {
	p, err := plan.ByName(name)
	if err != nil {
		return telemetry.MaxDays * 24 * time.Hour // of a plan that is no more
	}
	return p.Retention
}

// telemetry writes a file for each application and day on which something was
// recorded.
func (x *contents) telemetry(after string, full func() (bool, error)) (last string, err error) {
	fromApp, done, _ := parsePiece(after)
	t := &telling{x: x, full: full}
	err = x.apps(func(a account.Application) error {
		if a.ID < fromApp {
			return nil
		}
		t.of, t.done = a.ID, time.Time{}
		if a.ID == fromApp {
			t.done = done.end()
		}
		today := telemetry.Daily.Start(x.export.At)
		day := piece{telemetry.Daily.Start(x.export.At.Add(-retention(a.Plan))), telemetry.Daily}
		for ; !day.start.After(today); day.start = day.end() {
			if err := t.tell(day); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errFull) {
		return t.last, nil
	}
	return "", err
}

var errFull = errors.New("the volume is full")

// telling is the telemetry of one volume.
type telling struct {
	x    *contents
	full func() (bool, error)
	of   app.ID
	done time.Time // until when the volumes before have told of it
	last string    // the last file, of a volume that is full
}

// tell writes a piece, or the parts of it if it is too long, or partly told. It
// returns errFull when nothing else fits into the volume.
func (t *telling) tell(p piece) error {
	if !p.end().After(t.done) {
		return nil
	}
	if parts := p.parts(); len(parts) > 0 {
		cut := p.start.Before(t.done)
		if !cut && t.x.limited {
			var err error
			if cut, err = t.long(p); err != nil {
				return err
			}
		}
		if cut {
			for _, part := range parts {
				if err := t.tell(part); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if err := t.write(p); err != nil {
		return err
	}
	enough, err := t.full()
	if err == nil && enough {
		t.last = p.name(t.of)
		return errFull
	}
	return err
}

// long reports whether a piece has more events than one file should have.
func (t *telling) long(p piece) (bool, error) {
	n, most := 0, cmp.Or(t.x.s.cut, pieceMost)
	err := t.each(p, func(telemetry.Event) error {
		if n++; n > most {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// write writes a file, if there is anything to write into it.
func (t *telling) write(p piece) error {
	var f *file
	err := t.each(p, func(e telemetry.Event) error {
		if f == nil {
			var err error
			if f, err = t.x.archive.create(p.name(t.of)); err != nil {
				return err
			}
		}
		return f.line(e)
	})
	if err == nil && f != nil {
		f.finish()
	}
	return err
}

func (t *telling) each(p piece, f func(telemetry.Event) error) error {
	return t.x.s.Events.Each(t.x.ctx, t.of, p.start, p.end(), t.x.s.Accounts.Now(), f)
}
