package manage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/infra/httpapi/manage"
)

const backupPath = "/v1/operator/backup"

func TestOnlyWhoRunsTheDeploymentDownloadsBackups(t *testing.T) {
	r := newRig(t, func(a *manage.API) {
		a.Backup = func(_ context.Context, w io.Writer, vault bool) error {
			_, err := fmt.Fprintf(w, "the backup, with the vault: %v", vault)
			return err
		}
	})
	r.want(401, "", "GET", backupPath, "")
	r.want(403, "", "GET", backupPath, "", bearer(r.signIn("ada"))...)
	mine := bearer(r.session(operator))
	w := r.want(200, "with the vault: false", "GET", backupPath, "", mine...)
	if got := w.Header().Get("Content-Type"); got != "application/octet-stream" {
		t.Errorf("it is %q", got)
	}
	r.want(200, "with the vault: false", "GET", backupPath+"?vault=false", "", mine...)
	r.want(200, "with the vault: true", "GET", backupPath+"?vault=true", "", mine...)
	r.want(400, "vault", "GET", backupPath+"?vault=yes", "", mine...)
	r.api.Backup = nil
	r.handler = r.api.Handler()
	r.want(404, "", "GET", backupPath, "", mine...)
}

// Half a backup must not look like a whole one, and what went wrong stays
// inside.
func TestABackupThatFailsIsNoAnswer(t *testing.T) {
	for name, some := range map[string]string{"at once": "", "in the middle": strings.Repeat("some of it ", 10_000)} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(a *manage.API) {
				a.Backup = func(_ context.Context, w io.Writer, _ bool) error {
					if some != "" {
						_, _ = io.WriteString(w, some)
					}
					return errors.New("planted cause")
				}
			})
			server := httptest.NewServer(r.handler)
			defer server.Close()
			q, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+backupPath, nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", bearer(r.session(operator))[1])
			answer, err := server.Client().Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			switch {
			case some == "" && (answer.StatusCode != 500 || err != nil || strings.Contains(string(body), "planted")):
				t.Errorf("got %d %q, %v", answer.StatusCode, body, err)
			case some != "" && err == nil:
				t.Error("half an answer came to a good end")
			}
			if !strings.Contains(r.log.String(), "planted cause") {
				t.Errorf("the log does not say why: %s", r.log)
			}
		})
	}
}
