package manage

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"tacet/core/ledger"
	"tacet/core/rights"
	"tacet/infra/httpapi/door"
)

// LedgerEntry is one line of the ledger.
type LedgerEntry struct {
	Seq         int64            `json:"seq" doc:"1, 2, 3, …" example:"1"`
	At          time.Time        `json:"at"`
	Request     ledger.RequestID `json:"request" example:"0123456789abcdef0123456789abcdef"`
	Who         string           `json:"who" doc:"A keyed hash of the account's id."`
	Kind        ledger.Kind      `json:"kind" enum:"download,deletion"`
	Stage       ledger.Stage     `json:"stage" enum:"requested,completed,failed"`
	Certificate json.RawMessage  `json:"certificate,omitempty" doc:"Of a completed deletion."`
	Before      string           `json:"before" doc:"The hash of the entry before; empty for the first."`
	Hash        string           `json:"hash" doc:"Of everything else in the entry."`
}

func ledgerEntryOf(e ledger.Entry) LedgerEntry { return LedgerEntry(e) }

// CertificateKey is what certificates are verified with.
type CertificateKey struct {
	PublicKey   []byte `json:"publicKey" doc:"Ed25519, 32 bytes in base64."`
	Fingerprint string `json:"fingerprint" doc:"By which people compare keys." example:"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"`
}

type keyOutput struct{ Body CertificateKey }

func (s *server) routeLedger() {
	known(s, operation{
		id: "read-ledger", method: http.MethodGet, path: "/v1/ledger", tag: "your rights", query: []string{"limit", "cursor", "after"},
		summary: "Read the ledger", text: "Every request for a download or a deletion, for a year, without personal data; chained by hashes. It needs a session of whoever runs this deployment.",
	}, s.readLedger)
	public(s, operation{
		id: "get-certificate-key", method: http.MethodGet, path: "/v1/certificate-key", tag: "public",
		summary: "The key that certificates of deletion are verified with",
	}, func(ctx context.Context, _ *call) (*keyOutput, error) {
		key, err := s.Rights.CertificateKey(ctx)
		if err != nil {
			return nil, err
		}
		return &keyOutput{CertificateKey{key, rights.Fingerprint(key)}}, nil
	})
}

func (s *server) readLedger(ctx context.Context, c *call) (*listOutput[LedgerEntry], error) {
	if err := c.operator(); err != nil {
		return nil, err
	}
	from := c.query.Get("cursor")
	if from == "" {
		from = c.query.Get("after")
	}
	after, err := strconv.ParseInt(from, 10, 64)
	if from != "" && (err != nil || after < 0) {
		return nil, door.Invalid("after, and cursor, are the number of an entry here")
	}
	limit := c.page().Limit
	if limit == 0 {
		limit = 20
	}
	// One more than asked for says whether there is more.
	entries, err := s.Rights.Ledger.Entries(ctx, after, limit+1)
	if err != nil {
		return nil, door.Unavailable(err)
	}
	next := ""
	if len(entries) > limit {
		entries = entries[:limit]
		next = strconv.FormatInt(entries[limit-1].Seq, 10)
	}
	return listed(entries, next, ledgerEntryOf), nil
}
