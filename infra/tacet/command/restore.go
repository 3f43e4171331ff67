package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"tacet/infra/embedded"
)

// restore puts a backup into a data folder.
type restore struct {
	File    string `arg:"" type:"path" help:"The backup."`
	Data    string `required:"" type:"path" placeholder:"DIR" help:"The data folder to restore into. The file key of the folder that was backed up has to be in it."`
	Replace bool   `help:"Put the backup in the place of what the folder holds. Its ledger goes on, and its vault stays: what was deleted since cannot be read again."`
	JSON    asJSON `name:"json" help:"Print what was in the backup as JSON."`
}

func (restore) example() string {
	return `  mkdir -m 700 fresh && cp safe/key fresh/
  tacet restore monday.backup --data fresh

No platform may run on the folder. It stays as it is until the backup was read
to its end.
`
}

// Run restores it.
func (r restore) Run(ctx context.Context, c *console) error {
	file, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	progress := c.progress()
	done, err := embedded.Restore(ctx, embedded.RestoreOptions{Folder: r.Data, Replace: r.Replace}, told(file, "restored", progress))
	progress("")
	switch {
	case errors.Is(err, embedded.ErrNotEmpty):
		return fmt.Errorf("%w (--replace does that)", err)
	case err != nil:
		return err
	}
	if r.JSON {
		return c.line(done)
	}
	c.say("%s is what it was on %s: %s.", r.Data, day(done.Made), contents(done))
	if _, err := os.Stat(filepath.Join(r.Data, "vault")); err != nil {
		c.say("The vault of data keys is neither in the backup nor in the folder: what is personal in it cannot be read, and no key of an application verifies anything.")
	}
	c.say("Start it with: %s run --data %s", c.program, quote(r.Data))
	return nil
}

// told returns a reader that tells how much was read of it.
func told(r io.Reader, what string, progress func(string)) io.Reader {
	return io.TeeReader(r, toldOf(io.Discard, what, progress))
}

// toldOf returns a writer that tells how much was written to it.
func toldOf(w io.Writer, what string, progress func(string)) io.Writer {
	return &telling{w: w, what: what, progress: progress}
}

type telling struct {
	w        io.Writer
	what     string
	progress func(string)
	n        int64
}

// Write writes, and tells.
func (t *telling) Write(b []byte) (int, error) {
	n, err := t.w.Write(b)
	t.n += int64(n)
	t.progress(t.what + ": " + humanize.IBytes(uint64(t.n)))
	return n, err
}
