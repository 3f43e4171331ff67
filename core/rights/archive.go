package rights

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"tacet/core/account"
	"tacet/core/ledger"
)

// Manifest is the last file of a volume. Whoever unpacks it finds there whether
// he has everything, and unchanged.
type Manifest struct {
	Version int              `json:"version"` // 1
	Request ledger.RequestID `json:"request"`
	Account account.ID       `json:"account"`
	Member  account.MemberID `json:"member"` // who has asked for it
	Scope   Scope            `json:"scope"`
	At      time.Time        `json:"at"` // when this volume was made
	// Follows is what the volume before ended with, "" for the first one, and
	// Next what this one has ended with, "" for the last one.
	Follows string `json:"follows"`
	Next    string `json:"next"`
	Files   []File `json:"files"` // all but the manifest
}

// File is one file of a volume.
type File struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`  // in hex
	Records int64  `json:"records"` // how many things it has something about
}

// manifestName is the last file in each volume.
const manifestName = "manifest.json"

// archive writes files into a ZIP, one after the other, and keeps what the
// manifest says of them. Nothing else of them stays in memory.
type archive struct {
	zip  *zip.Writer
	out  *counter
	at   time.Time
	done []File
}

func newArchive(w io.Writer, at time.Time) *archive {
	out := &counter{w: w}
	return &archive{zip: zip.NewWriter(out), out: out, at: at}
}

// file is a file that is being written.
type file struct {
	a       *archive
	w       io.Writer
	name    string
	hash    hash.Hash
	bytes   int64
	records int64
	array   bool
}

// create begins a file. The one before is finished.
func (a *archive) create(name string) (*file, error) {
	// Its length is not known yet: it follows in a data descriptor.
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at})
	return &file{a: a, w: w, name: name, hash: sha256.New()}, err
}

// Write implements io.Writer.
func (f *file) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	f.hash.Write(b[:n]) // which never fails
	f.bytes += int64(n)
	return n, err
}

// line writes a record as JSON, on a line of its own.
func (f *file) line(record any) error {
	f.records++
	return json.NewEncoder(f).Encode(record)
}

// begin and end make an array of what item writes in between.
func (f *file) begin() error {
	f.array = true
	_, err := io.WriteString(f, "[")
	return err
}

func (f *file) end() error {
	_, err := io.WriteString(f, "\n]\n")
	return err
}

// item writes a record as JSON: into the array, if there is one.
func (f *file) item(record any) error {
	if !f.array {
		return f.line(record)
	}
	text, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("a record for %s: %w", f.name, err)
	}
	comma := ",\n"
	if f.records == 0 {
		comma = "\n"
	}
	f.records++
	_, err = fmt.Fprintf(f, "%s%s", comma, text)
	return err
}

// size returns how much of the ZIP was written, but for what the compressor
// still holds of the last file.
func (a *archive) size() (int64, error) {
	err := a.zip.Flush()
	return a.out.n, err
}

// finish notes what the manifest says of the file.
func (f *file) finish() {
	f.a.done = append(f.a.done, File{f.name, f.bytes, hex.EncodeToString(f.hash.Sum(nil)), f.records})
}

// close writes the manifest, and the end of the ZIP.
func (a *archive) close(m Manifest) error {
	m.Version, m.At, m.Files = 1, a.at, a.done
	f, err := a.create(manifestName)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if _, err := f.Write(append(text, '\n')); err != nil {
		return err
	}
	return a.zip.Close()
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// margin is how much of a context's time is left for the end of a volume.
const margin = 20 * time.Second

// archive writes the volume, and returns what the next one begins after.
func (s *Service) archive(ctx context.Context, c *account.Caller, x *Export, w io.Writer, v Volume) (next string, err error) {
	a := newArchive(w, s.now())
	contents := &contents{s: s, ctx: ctx, c: c.Reading(), export: x, archive: a, limited: v.Bytes > 0}
	last, err := contents.write(v.After, func() (bool, error) {
		n, err := a.size()
		return v.Bytes > 0 && n >= v.Bytes || !s.hasTime(ctx), err
	})
	if err != nil {
		return "", err
	}
	err = a.close(Manifest{Request: x.Request, Account: c.Account, Member: c.Member, Scope: x.Scope, Follows: v.After, Next: last})
	return last, err
}

// hasTime reports whether there is time to begin something else.
func (s *Service) hasTime(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	end, ends := ctx.Deadline()
	left := end.Sub(s.Accounts.Now())
	return !ends || left > margin || left < 0 // by another clock than the context's
}
