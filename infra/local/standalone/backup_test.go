package standalone_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/infra/embedded"
	"tacet/infra/local/site"
)

// ask makes a request as whoever runs a platform, which must be answered so.
func ask(t *testing.T, r site.Running, status int, method, path, body string, header ...string) []byte {
	t.Helper()
	q, err := http.NewRequestWithContext(patience(t), method, r.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.Session)
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s %s: %d %.300s, %v; want %d", method, path, answer.StatusCode, text, err, status)
	}
	return text
}

func decoded[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%.300s: %v", text, err)
	}
	return v
}

type named struct{ ID string }

// mustRestore restores a backup into a folder.
func mustRestore(t *testing.T, folder string, backup []byte, replace bool) {
	t.Helper()
	_, err := embedded.Restore(t.Context(), embedded.RestoreOptions{Folder: folder, Replace: replace}, bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
}

// elsewhere returns a folder with nothing but the key of another.
func elsewhere(t *testing.T, data string) string {
	t.Helper()
	other := t.TempDir()
	key, err := os.ReadFile(filepath.Join(data, "key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(other, "key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func TestAPlatformThatRunsIsBackedUpAndRestored(t *testing.T) {
	data := t.TempDir()
	r, stop := mustStart(t, settings(data))
	made := decoded[named](t, ask(t, r, 201, "POST", "/v1/accounts", `{"profile":{"fullName":"Ada Lovelace"}}`))
	bare := ask(t, r, 200, "GET", "/v1/operator/backup", "")
	whole := ask(t, r, 200, "GET", "/v1/operator/backup?vault=true", "")
	stop()

	t.Run("with the vault, everything is there", func(t *testing.T) {
		other := elsewhere(t, data)
		mustRestore(t, other, whole, false)
		again, _ := mustStart(t, settings(other))
		if again.App != r.App {
			t.Errorf("the development application is %s, and was %s", again.App, r.App)
		}
		mustConnect(t, again)
		if got := ask(t, again, 200, "GET", "/v1/accounts/"+made.ID, ""); !bytes.Contains(got, []byte("Ada Lovelace")) {
			t.Errorf("the account is %s", got)
		}
	})
	t.Run("without it, elsewhere, there is a new development application", func(t *testing.T) {
		other := elsewhere(t, data)
		mustRestore(t, other, bare, false)
		again, _ := mustStart(t, settings(other))
		if again.App == r.App {
			t.Error("the development application is one whose keys cannot be read")
		}
		mustConnect(t, again)
		ask(t, again, 404, "GET", "/v1/accounts/"+made.ID, "")
	})
	t.Run("without it, in the same folder, everything is there", func(t *testing.T) {
		mustRestore(t, data, bare, true)
		again, _ := mustStart(t, settings(data))
		mustConnect(t, again)
		if got := ask(t, again, 200, "GET", "/v1/accounts/"+made.ID, ""); !bytes.Contains(got, []byte("Ada Lovelace")) {
			t.Errorf("the account is %s", got)
		}
	})
}

// An account that was deleted after the backup was made is swept again.
func TestADeletionOutlivesARestoration(t *testing.T) {
	data := t.TempDir()
	r, stop := mustStart(t, settings(data))
	made := decoded[named](t, ask(t, r, 201, "POST", "/v1/accounts", `{}`))
	kept := decoded[named](t, ask(t, r, 201, "POST", "/v1/accounts", `{}`))
	at := "/v1/accounts/" + made.ID
	shop := decoded[named](t, ask(t, r, 201, "POST", at+"/apps", `{"name":"shop","plan":"free"}`))
	backup := ask(t, r, 200, "GET", "/v1/operator/backup?vault=true", "")
	said := decoded[struct{ Phrase string }](t, ask(t, r, 200, "POST", at+"/deletion", ""))
	request := decoded[struct{ Request string }](t, ask(t, r, 202, "DELETE", at, fmt.Sprintf(`{"phrase":%q}`, said.Phrase)))
	stop()

	mustRestore(t, data, backup, true)
	r, stop = mustStart(t, settings(data))
	ask(t, r, 404, "GET", at+"/apps/"+shop.ID, "")
	ask(t, r, 200, "GET", "/v1/accounts/"+kept.ID, "")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		status := decoded[struct{ Step string }](t, ask(t, r, 200, "GET", "/v1/deletions/"+request.Request, ""))
		if status.Step == "settle" {
			break // records and telemetry are gone; the rest takes its time
		}
		if time.Now().After(deadline) {
			t.Fatalf("the deletion has come to %+v", status)
		}
	}
	stop()
	d, err := embedded.Open(embedded.Options{Folder: data, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	parts, err := d.Directory.Parts(t.Context(), 'o', "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if p.ID == made.ID {
			page, _, err := d.Directory.List(t.Context(), p, "", "", 100)
			t.Errorf("the account still has %v, %v", page, err)
		}
	}
}
