package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"tacet/infra/apiclient"
)

// accountExport downloads what is held about an account, or about oneself.
type accountExport struct {
	inAccount
	Self bool   `help:"Only what is held about you yourself, which every member may have."`
	File string `arg:"" type:"path" help:"Where to write the ZIP. A file that is there is not overwritten."`
}

func (accountExport) example() string {
	return `  tacet account export everything.zip
  tacet account export --self me.zip

A ZIP of JSON files. Its manifest.json has the size and SHA-256 of each, which
are checked before the file gets its name: what is there is whole.
`
}

// Run downloads it.
func (a accountExport) Run(ctx context.Context, c *console) error {
	switch _, err := os.Lstat(a.File); {
	case err == nil:
		return fmt.Errorf("%s is there already: it is not overwritten; say another name", a.File)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	r, err := a.enter(ctx)
	if err != nil {
		return err
	}
	var done apiclient.Summary
	scope := map[bool]string{false: "account", true: "self"}[a.Self]
	err = newFile(a.File, func(part *os.File) error {
		progress := c.progress()
		defer progress("")
		d := apiclient.Download{
			Client: r.client, Account: r.id, Scope: scope, Folder: filepath.Dir(a.File),
			Progress: func(volume int, bytes int64) {
				progress(fmt.Sprintf("downloading volume %d: %s", volume, humanize.IBytes(uint64(bytes))))
			},
		}
		var err error
		done, err = d.To(ctx, part)
		return r.explain(ctx, err)
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return c.line(done)
	}
	c.say("%s has %d files with %s; each is what the manifest says. The request's number is %s.",
		a.File, done.Files, humanize.IBytes(uint64(done.Bytes)), done.Request)
	return nil
}

// newFile makes a file that only this user reads, whole or not at all, and not
// in the place of another.
func newFile(name string, write func(*os.File) error) error {
	part, err := os.CreateTemp(filepath.Dir(name), ".part-*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone already, if all went well
	err = write(part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	// A link fails if the name was given to something else meanwhile. Some file
	// systems have none.
	if err := os.Link(part.Name(), name); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: it is not overwritten", name)
	}
	return os.Rename(part.Name(), name)
}

// progress returns what tells how far something is: on a terminal in one line
// that changes, elsewhere in a line now and then. "" ends it.
func (c *console) progress() func(text string) {
	const often, seldom = 200 * time.Millisecond, 10 * time.Second
	terminal, last, wrote := isTerminal(c.err), time.Now(), false
	return func(text string) {
		switch now := time.Now(); {
		case terminal && text == "" && wrote:
			fmt.Fprint(c.err, "\r\x1b[K")
		case text == "":
		case terminal && now.Sub(last) >= often:
			fmt.Fprintf(c.err, "\r\x1b[K%s", text)
			last, wrote = now, true
		case !terminal && now.Sub(last) >= seldom:
			c.say("tacet: %s", text)
			last = now
		}
	}
}
