package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"

	"tacet/infra/apiclient"
	"tacet/infra/embedded"
	"tacet/infra/local/site"
	"tacet/infra/local/standalone"
)

// backup writes a backup of a data folder.
type backup struct {
	File      string `arg:"" type:"path" help:"Where to write the backup. A file that is there is not overwritten."`
	Data      string `type:"path" placeholder:"DIR" help:"Data folder of the platform on this machine. Default: ${data}, then .tacet in the folder at hand."`
	URL       string `name:"url" placeholder:"URL" help:"Where the HTTP API of the platform that runs is, if that is not on loopback: as in tacet app."`
	WithVault bool   `help:"Take the vault of data keys along, and the key that wraps them. It makes up for the loss of this machine; but whoever has the file, and the folder's key, can read what was deleted later."`
	JSON      asJSON `name:"json" help:"Print what is in the backup as JSON."`
}

func (backup) example() string {
	return `  tacet backup monday.backup
  tacet backup --with-vault everything.backup

The platform may run meanwhile. The file is encrypted with a key made from the
file key in the data folder, without which it is of no use: keep a copy of that
file elsewhere. It is read again before it gets its name: what is there is whole.

Without --with-vault the keys that personal data is sealed with are not in it.
It then restores this folder, which has them, and nothing that was deleted since
can be read again.
`
}

// Run writes it.
func (b backup) Run(ctx context.Context, c *console) error {
	switch _, err := os.Lstat(b.File); {
	case err == nil:
		return fmt.Errorf("%s is there already: it is not overwritten; say another name", b.File)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	folder, err := stored(b.Data)
	if err != nil {
		return err
	}
	if b.WithVault {
		c.say("tacet: the vault is in this backup: whoever has the file, and %s, can read what is deleted later; "+
			"remove the file when a deletion has to hold for it, too", filepath.Join(folder, "key"))
	}
	var done embedded.BackupSummary
	err = newFile(b.File, func(part *os.File) (err error) {
		progress := c.progress()
		defer progress("")
		if err := b.write(ctx, c, folder, part, progress); err != nil {
			return err
		}
		done, err = verified(ctx, folder, part, progress)
		return err
	})
	if err != nil {
		return err
	}
	if b.JSON {
		return c.line(done)
	}
	c.say("%s holds %s, and is whole: %s.", b.File, humanize.IBytes(uint64(done.Bytes)), contents(done))
	c.say("Without %s nobody can read it: keep a copy of that elsewhere.", filepath.Join(folder, "key"))
	return nil
}

// verified reads a backup that was just written again.
func verified(ctx context.Context, folder string, part *os.File, progress func(string)) (embedded.BackupSummary, error) {
	if _, err := part.Seek(0, io.SeekStart); err != nil {
		return embedded.BackupSummary{}, err
	}
	s, err := embedded.VerifyBackup(ctx, folder, told(part, "reading it again", progress))
	if err != nil {
		return s, fmt.Errorf("what was written cannot be read again, and is not kept: %w", err)
	}
	return s, nil
}

// contents says what is in a backup.
func contents(s embedded.BackupSummary) string {
	text := []string{
		count(s.Counts["directory"], "record") + " of accounts and applications",
		count(s.Counts["telemetry"], "block") + " of telemetry",
		count(s.Counts["ledger"], "entry", "entries") + " of the ledger",
	}
	if s.Vault {
		text = append(text, count(s.Counts["vault"], "key")+" of the vault")
	}
	return strings.Join(text, ", ")
}

// count returns a number of things. Most words form the plural with an s.
func count(n int64, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) > 0:
		return humanize.Comma(n) + " " + many[0]
	}
	return humanize.Comma(n) + " " + one + "s"
}

// stored returns the first data folder on which a platform runs, else the first
// that holds something.
func stored(data string) (string, error) {
	all := folders(data)
	for _, folder := range all {
		if r, err := readNote(folder); err == nil && r.Answers() {
			return folder, nil
		}
	}
	for _, folder := range all {
		if _, err := os.Stat(filepath.Join(folder, "key")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("there is nothing to back up (looked in %s): say --data DIR if the platform keeps its data elsewhere", strings.Join(all, ", "))
}

// write writes a backup of a folder, or asks the platform that works on it for
// one.
func (b backup) write(ctx context.Context, c *console, folder string, w io.Writer, progress func(string)) error {
	trouble := func(what string, err error) { c.say("tacet: the stores have trouble: %s: %v", what, err) }
	_, err := standalone.BackUp(ctx, folder, b.WithVault, toldOf(w, "written", progress), trouble)
	if !errors.Is(err, embedded.ErrInUse) {
		return err
	}
	here, noted := readNote(folder)
	if errors.Is(noted, site.ErrNotRunning) {
		return fmt.Errorf("%w; if that is a platform, it is asked for the backup as soon as it listens", err)
	}
	if noted != nil {
		return noted
	}
	again := ""
	if said, err := base(b.URL); err == nil && said == here.HTTP {
		again = said
	}
	return b.download(ctx, here, again, w, progress)
}

// download asks the platform that runs for a backup.
func (b backup) download(ctx context.Context, here site.Running, again string, w io.Writer, progress func(string)) error {
	o, err := officeHere(here, again)
	if err != nil {
		return err
	}
	ask := apiclient.Request{Method: http.MethodGet, Path: "/v1/operator/backup"}
	if b.WithVault {
		ask.Query = url.Values{"vault": {"true"}}
	}
	err = o.client.Stream(ctx, ask, w, func(bytes int64) { progress("written: " + humanize.IBytes(uint64(bytes))) })
	return o.explain(ctx, err)
}
