package rights

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tacet/core/account"
)

// contents is what goes into one volume.
type contents struct {
	s       *Service
	ctx     context.Context
	c       *account.Caller // who may read everything
	export  *Export
	archive *archive
	limited bool // volumes have a limit, so that no file should be too long
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

// isPlace reports whether a volume can begin after it.
func isPlace(s string) bool {
	if s == "" || slices.ContainsFunc(all, func(k kept) bool { return k.name == s }) {
		return true
	}
	_, _, ok := parsePiece(s)
	return ok
}

// write writes the files that come after a place, until it is full, and returns
// the last one then; "" if there are no more.
func (x *contents) write(after string, full func() (bool, error)) (last string, err error) {
	if after == "" {
		if err := x.one(kept{name: readmeName, write: (*contents).readme}); err != nil {
			return "", err
		}
	}
	for files := x.files(after); len(files) > 0; files = files[1:] {
		if err := x.one(files[0]); err != nil {
			return "", err
		}
		if len(files) == 1 && x.export.Scope == OneSelf {
			break // nothing comes after it
		}
		if enough, err := full(); enough || err != nil {
			return files[0].name, err
		}
	}
	if x.export.Scope == OneSelf {
		return "", nil
	}
	return x.telemetry(after, full)
}

// files returns the files, but the telemetry, that come after a place.
func (x *contents) files(after string) []kept {
	if _, _, ok := parsePiece(after); ok {
		return nil
	}
	from := slices.IndexFunc(all, func(k kept) bool { return k.name == after }) + 1
	files := slices.Clone(all[from:])
	return slices.DeleteFunc(files, func(k kept) bool { return x.export.Scope == OneSelf && !k.self })
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
		explain(telemetryFolder+"<application>/<day>.jsonl", telemetryAbout)
	}
	explain(manifestName, "The length and the SHA-256 of each file, so that you can tell whether you have them all, and unchanged. If there is more in another volume, \"next\" says after what.")
	text.WriteString("\nFiles that end in .json are one JSON value; those that end in .jsonl are one JSON object in each line.\nBesides these files there are hashes, by which you are found when you sign in: they are made of what you see here.\n")
	f.records = 1
	_, err := io.WriteString(f, text.String())
	return err
}
