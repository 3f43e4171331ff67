package manage

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/ledger"
	"tacet/core/rights"
)

// NewExport is what to download.
type NewExport struct {
	Scope rights.Scope `json:"scope" doc:"Everything held about the account (needs account:export), or what is held about you (needs self:export)." enum:"account,self"`
}

// Export is a download that was asked for.
type Export struct {
	Request ledger.RequestID `json:"request" doc:"In the ledger, and in the address of the download." example:"0123456789abcdef0123456789abcdef"`
	Scope   rights.Scope     `json:"scope" enum:"account,self"`
	At      time.Time        `json:"at"`
}

type exportOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the download is."`
	Body     Export
}

const exportsPath = accountPath + "/exports"

func (s *server) routeExports() {
	within(s, operation{
		id: "create-export", method: http.MethodPost, path: exportsPath, tag: "your rights", status: http.StatusAccepted, also: http.StatusOK, once: true,
		summary: "Ask for a download of everything held", needs: account.ExportSelf,
		text: "It can be fetched for ten minutes. One that was asked for and not fetched whole is not begun again: the answer is it, with any key.",
		body: NewExport{}, example: NewExport{rights.OneSelf},
	}, s.createExport)
	within(s, operation{
		id: "get-export", method: http.MethodGet, path: exportsPath + "/{request}", tag: "your rights", query: []string{"after"}, download: "application/zip",
		summary: "Download a volume", needs: account.ExportSelf, refusals: []int{http.StatusConflict},
		text: "A ZIP of JSON, with a manifest.json of sizes and hashes as its last file. If Link has a rel=next, there is another volume there; the download ends with the last.",
	}, s.getExport)
}

func (s *server) createExport(ctx context.Context, c *call, me *account.Caller) (*exportOutput, error) {
	if _, err := c.once(); err != nil {
		return nil, err
	}
	var in NewExport
	if err := c.read(&in); err != nil {
		return nil, err
	}
	x, fresh, err := s.Rights.Begin(ctx, me, in.Scope)
	if err != nil {
		return nil, err
	}
	out := &exportOutput{http.StatusOK, c.below(string(x.Request)), Export(*x)}
	if fresh {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

func (s *server) getExport(ctx context.Context, c *call, me *account.Caller) (*huma.StreamResponse, error) {
	if c.Request.Method == http.MethodHead { // to ask for it is to have it
		return c.Stream(c.op.download, func(context.Context, io.Writer) error { return nil }), nil
	}
	v := rights.Volume{After: c.query.Get("after"), Bytes: s.VolumeBytes}
	if s.VolumeBytes == 0 {
		return c.Stream(c.op.download, func(ctx context.Context, w io.Writer) error {
			next, err := s.Rights.Write(ctx, me, c.path("request"), w, v)
			if err == nil && next != "" {
				err = errCut
			}
			return err
		}), nil
	}
	// What comes next is known at the end only, and stands in the header.
	var volume bytes.Buffer
	next, err := s.Rights.Write(ctx, me, c.path("request"), &volume, v)
	if err != nil {
		return nil, err
	}
	if next != "" {
		c.Header().Set("Link", "<"+c.Request.URL.Path+"?"+url.Values{"after": {next}}.Encode()+`>; rel="next"`)
	}
	return c.Stream(c.op.download, func(_ context.Context, w io.Writer) error {
		_, err := volume.WriteTo(w)
		return err
	}), nil
}

// errCut says that there was not time enough for the whole download.
var errCut = &fault.Error{Kind: fault.Unavailable, Text: "there was not time enough for the whole download: ask for it again"}
