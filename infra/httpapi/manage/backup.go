package manage

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/fault"
)

func (s *server) routeBackup() {
	known(s, operation{
		id: "backup", method: http.MethodGet, path: "/v1/operator/backup", tag: "operator", query: []string{"vault"},
		summary: "Download a backup", text: "For whoever runs a platform on one machine: everything that its data folder holds, encrypted with the folder's key. " +
			"It needs his session. An answer that ends early is no backup: verify it.",
		refusals: []int{http.StatusNotFound}, download: "application/octet-stream",
	}, s.downloadBackup)
}

func (s *server) downloadBackup(_ context.Context, c *call) (*huma.StreamResponse, error) {
	if s.Backup == nil {
		return nil, &fault.Error{Kind: fault.NotFound, Text: "there are no backups to download here"}
	}
	if err := c.operator(); err != nil {
		return nil, err
	}
	return c.Stream(c.op.download, func(ctx context.Context, w io.Writer) error {
		return s.Backup(ctx, w, c.query.Get("vault") == "true")
	}), nil
}
