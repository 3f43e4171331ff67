package rights

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/telemetry"
)

// contents is what goes into one volume.
type contents struct {
	s       *Service
	ctx     context.Context
	c       *account.Caller // who may read everything
	export  *Export
	archive *archive
}

// kept is one class of what is held: a file of a download. In a download of
// oneself there are only those that have something about single members.
type kept struct {
	name  string
	self  bool
	about string // what is in it, in two sentences
	write func(*contents, *file) error
}

const readmeName = "README.txt"

// all are the files but the telemetry, in their order.
var all = []kept{
	{"profile.json", false, "The account: its id, state and profile (full name, age range, e-mail address). Name and age range are there only if somebody has filled them in.", (*contents).profile},
	{"payment.json", false, "How the account pays, as the payment provider tells it: a reference, the brand of a card, its last four digits and its expiry. A card number is never kept.", (*contents).payment},
	{"members.json", true, "The people in the account, with their roles and since when. Of e-mail addresses there is only that of who has asked for this file, because the others are other people's.", (*contents).members},
	{"invitations.json", false, "Invitations that nobody has accepted yet, with the role that each is for and when it ends. The e-mail addresses are other people's, and left out.", (*contents).invitations},
	{"applications.json", false, "The account's applications: names, plans, settings, and whether they are suspended. What they have sent was never kept, so it cannot be here.", (*contents).applications},
	{"keys.json", false, "What is known of the verification keys of each application: kind, algorithm, when they were made and when they end. The keys themselves are left out, because whoever finds this file could use them.", (*contents).keys},
	{"tokens.json", true, "Access tokens that can still be used: names, what each may do, and when it ends. The tokens themselves are not known to us.", (*contents).tokens},
	{"activity.jsonl", true, "The activity log: who has changed what and when, one line for each change. Addresses in it were anonymised before they were written, and lines end after a year.", (*contents).activity},
	{"ledger.json", false, "The account's lines in the record of administrative requests: downloads and deletions that were asked for, and what came of them. It names nobody, and its lines end after a year.", (*contents).ledger},
}

const telemetryAbout = "What was recorded of the messages and connections of one application on one day (UTC), one line for each: eight attributes, and never what was sent. It is kept for as long as the application's plan says."

// telemetryName is the file of an application's day.
var telemetryName = regexp.MustCompile(`^telemetry/([0-9a-f]{32})/([0-9]{4}-[0-9]{2}-[0-9]{2})\.jsonl$`)

// isPlace reports whether a volume can begin after it.
func isPlace(s string) bool {
	if s == "" || slices.ContainsFunc(all, func(k kept) bool { return k.name == s }) {
		return true
	}
	m := telemetryName.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	_, err := time.Parse(time.DateOnly, m[2])
	return err == nil
}

// write writes the files that come after a place, until it is full, and returns
// the last one then; "" if there are no more.
func (x *contents) write(after string, full func() bool) (last string, err error) {
	if err := x.one(kept{name: readmeName, write: (*contents).readme}); err != nil {
		return "", err
	}
	from := slices.IndexFunc(all, func(k kept) bool { return k.name == after }) + 1
	if strings.HasPrefix(after, "telemetry/") {
		from = len(all)
	}
	for i, k := range all[from:] {
		if x.export.Scope == OneSelf && !k.self {
			continue
		}
		if err := x.one(k); err != nil {
			return "", err
		}
		if more := from+i+1 < len(all) || x.export.Scope == WholeAccount; more && full() {
			return k.name, nil
		}
	}
	if x.export.Scope == OneSelf {
		return "", nil
	}
	return x.telemetry(after, full)
}

func (x *contents) one(k kept) error {
	f, err := x.archive.create(k.name)
	if err != nil {
		return err
	}
	if err := k.write(x, f); err != nil {
		return err
	}
	f.finish()
	return nil
}

// telemetry writes a file for each application and day on which something was
// recorded.
func (x *contents) telemetry(after string, full func() bool) (last string, err error) {
	var afterApp, afterDay string
	if m := telemetryName.FindStringSubmatch(after); m != nil {
		afterApp, afterDay = m[1], m[2]
	}
	stop := false
	err = x.apps(func(a account.Application) error {
		if stop || string(a.ID) < afterApp {
			return nil
		}
		today := telemetry.Daily.Start(x.export.At)
		first := telemetry.Daily.Start(x.export.At.Add(-retention(a.Plan)))
		for day := first; !day.After(today); day = day.AddDate(0, 0, 1) {
			date := day.Format(time.DateOnly)
			if string(a.ID) == afterApp && date <= afterDay {
				continue
			}
			if err := x.day(a.ID, day); err != nil {
				return err
			}
			if full() {
				last, stop = dayName(a.ID, date), true
				return nil
			}
		}
		return nil
	})
	return last, err
}

func dayName(id app.ID, date string) string { return "telemetry/" + string(id) + "/" + date + ".jsonl" }

// retention is for how long a plan keeps telemetry.
func retention(name plan.Name) time.Duration {
	p, err := plan.ByName(name)
	if err != nil {
		return telemetry.MaxDays * 24 * time.Hour // of a plan that is no more
	}
	return p.Retention
}

// day writes a file, if there is anything to write into it.
func (x *contents) day(id app.ID, day time.Time) error {
	var f *file
	err := x.s.Events.Each(x.ctx, id, day, day.AddDate(0, 0, 1), x.s.Accounts.Now(), func(e telemetry.Event) error {
		if f == nil {
			var err error
			if f, err = x.archive.create(dayName(id, day.Format(time.DateOnly))); err != nil {
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

// readme says what is in each file.
func (x *contents) readme(f *file) error {
	what := "everything that is held about the account " + string(x.c.Account)
	if x.export.Scope == OneSelf {
		what = "what the account " + string(x.c.Account) + " holds about the member " + string(x.c.Member)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "This is %s. It was asked for at %s.\n", what, x.export.At.Format(time.RFC3339))
	explain := func(name, about string) { fmt.Fprintf(&text, "\n%s\n  %s\n", name, about) }
	for _, k := range all {
		if x.export.Scope == WholeAccount || k.self {
			explain(k.name, k.about)
		}
	}
	if x.export.Scope == WholeAccount {
		explain("telemetry/<application>/<day>.jsonl", telemetryAbout)
	}
	explain(manifestName, "The length and the SHA-256 of each file, so that you can tell whether you have them all, and unchanged. If there is more in another volume, \"next\" says after what.")
	text.WriteString("\nFiles that end in .json are one JSON value; those that end in .jsonl are one JSON object in each line.\nBesides these files there are hashes, by which you are found when you sign in: they are made of what you see here.\n")
	f.records = 1
	_, err := io.WriteString(f, text.String())
	return err
}
