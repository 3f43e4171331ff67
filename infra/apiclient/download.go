package apiclient

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Download is everything that is held about an account, or about oneself in it,
// on its way into one ZIP.
type Download struct {
	Client  *Client
	Account string
	Scope   string // "account" or "self"
	// Folder is for volumes while they come: each lies there in a file that
	// nobody else reads, and has no name.
	Folder string
	// Progress is told how far it has come, now and then; nil is not.
	Progress func(volume int, bytes int64)
}

// Summary says what was downloaded.
type Summary struct {
	Request string `json:"request"` // of the ledger
	Volumes int    `json:"volumes"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"` // of the files, unpacked
}

// To asks for the download and writes it to w, which holds nothing of use after
// an error. Volumes become one: each is checked against its manifest, and the
// manifest of the whole comes last.
func (d Download) To(ctx context.Context, w io.Writer) (Summary, error) {
	var s Summary
	asked, err := d.Client.Do(ctx, Request{
		Method: http.MethodPost, Path: "/v1/accounts/" + url.PathEscape(d.Account) + "/exports",
		Body: map[string]string{"scope": d.Scope}, Once: NewKey(),
	})
	if err == nil {
		err = asked.Into(&s)
	}
	if err != nil {
		return s, err
	}
	all := newBundle(w)
	here := "/v1/accounts/" + url.PathEscape(d.Account) + "/exports/" + url.PathEscape(s.Request)
	for after := url.Values(nil); ; {
		s.Volumes++
		if after, err = d.volume(ctx, here, after, s.Volumes, all); err != nil {
			return s, err
		}
		if after == nil {
			break
		}
	}
	s.Files, s.Bytes = len(all.files), all.bytes
	return s, all.close()
}

// volume adds a volume to the whole, and returns what asks for the next, nil
// for the last. One that ends in the middle is got again.
func (d Download) volume(ctx context.Context, here string, after url.Values, n int, all *bundle) (next url.Values, err error) {
	for attempt := 1; ; attempt++ {
		file, err := os.CreateTemp(d.Folder, ".volume-*") // mode 0600
		if err != nil {
			return nil, err
		}
		next, err := d.get(ctx, Request{Method: http.MethodGet, Path: here, Query: after}, n, file)
		if err == nil {
			err = all.add(file)
		}
		_, broken := errors.AsType[*brokenOff](err)
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		if !broken || attempt == attempts || ctx.Err() != nil {
			return next, err
		}
		if failure := d.Client.wait(ctx, pause<<attempt); failure != nil {
			return nil, err
		}
	}
}

// brokenOff says that an answer ended before its end.
type brokenOff struct{ error }

func (b *brokenOff) Unwrap() error { return b.error }

// get reads a volume into a file, and returns what asks for the next.
func (d Download) get(ctx context.Context, r Request, n int, into *os.File) (next url.Values, err error) {
	progress := func(bytes int64) {
		if d.Progress != nil {
			d.Progress(n, bytes)
		}
	}
	err = d.Client.stream(ctx, r, into, progress, func(response *http.Response) (err error) {
		next, err = follow(response, r.Path)
		return err
	})
	return next, err
}

// Stream makes a request and writes the body of the answer to w, which holds
// nothing of use after an error. Progress is told how far it has come.
func (c *Client) Stream(ctx context.Context, r Request, w io.Writer, progress func(bytes int64)) error {
	return c.stream(ctx, r, w, progress, func(*http.Response) error { return nil })
}

// stream calls end with the answer when all of its body was written to w. It
// may take long in all, but not at a time.
func (c *Client) stream(ctx context.Context, r Request, w io.Writer, progress func(bytes int64), end func(*http.Response) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	response, err := c.persist(ctx, r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	stalled := time.AfterFunc(longest, func() { cancel(errStalled) })
	defer stalled.Stop()
	count := counted{w: w, told: func(bytes int64) {
		stalled.Reset(longest)
		progress(bytes)
	}}
	if _, err := io.Copy(&count, response.Body); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return &brokenOff{fmt.Errorf("the download broke off after %d bytes: %w", count.n, innermost(err))}
	}
	return end(response)
}

var errStalled = errors.New("nothing came any more")

type counted struct {
	w    io.Writer
	n    int64
	told func(int64)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.told(c.n)
	return n, err
}

// follow returns the query of what a response says comes next (RFC 8288), nil
// if nothing does. The path stays: where a token goes is not for a header to
// say.
func follow(response *http.Response, path string) (url.Values, error) {
	for _, link := range response.Header.Values("Link") {
		target, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
		if !ok || !strings.Contains(strings.ReplaceAll(rest, `"`, ""), "rel=next") {
			continue
		}
		u, err := response.Request.URL.Parse(target)
		if err != nil || u.Host != response.Request.URL.Host || u.EscapedPath() != path {
			return nil, errors.New("the server says that the download goes on elsewhere: nobody is followed there")
		}
		return u.Query(), nil
	}
	return nil, nil
}

// manifest is what the last file of a volume says of the others, and which
// volume it is.
type manifest struct {
	Follows string         `json:"follows"` // what the volume before ended with
	Next    string         `json:"next"`    // what this one ended with, "" for the last
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"` // hex
	Records int64  `json:"records"`
}

const manifestName = "manifest.json"

// bundle is a ZIP made of volumes.
type bundle struct {
	out   *zip.Writer
	first map[string]json.RawMessage // the manifest of the first volume
	files []manifestFile
	known map[string]bool
	bytes int64
	next  string // what the next volume follows
}

func newBundle(w io.Writer) *bundle { return &bundle{out: zip.NewWriter(w), known: map[string]bool{}} }

// add checks a volume, and adds its files. Nothing is added of one that is not
// whole.
func (b *bundle) add(volume *os.File) error {
	info, err := volume.Stat()
	if err != nil {
		return err
	}
	in, err := zip.NewReader(volume, info.Size())
	if err != nil {
		return &brokenOff{errors.New("what the server sent is no whole ZIP")}
	}
	facts, m, err := readManifest(in)
	if err != nil {
		return err
	}
	if err := verify(in, m); err != nil {
		return err
	}
	if m.Follows != b.next {
		return errors.New("a volume of the download is missing, or came twice")
	}
	b.next = m.Next
	if b.first == nil {
		b.first = facts
	}
	for _, f := range in.File {
		if f.Name == manifestName {
			continue
		}
		if b.known[f.Name] {
			return fmt.Errorf("%s comes in two volumes", f.Name)
		}
		b.known[f.Name] = true
		if err := b.out.Copy(f); err != nil {
			return err
		}
	}
	for _, f := range m.Files {
		b.bytes += f.Bytes
	}
	b.files = append(b.files, m.Files...)
	return nil
}

// close writes the manifest of the whole: what that of the first volume says,
// about all files.
func (b *bundle) close() error {
	if b.next != "" {
		return errors.New("the download ended before its last volume")
	}
	files, err := json.Marshal(b.files)
	if err != nil {
		return err
	}
	b.first["files"], b.first["next"] = files, json.RawMessage(`""`)
	text, err := json.MarshalIndent(b.first, "", "  ")
	if err != nil {
		return err
	}
	w, err := b.out.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: time.Now()})
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	return errors.Join(err, b.out.Close())
}
