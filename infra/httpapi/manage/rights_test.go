package manage_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/rights"
	"tacet/infra/httpapi/manage"
)

// read decodes an answer.
func read[T any](t testing.TB, body []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// manifest opens a volume and returns what its manifest says.
func manifest(t *testing.T, volume []byte) (m rights.Manifest) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(volume), int64(len(volume)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("manifest.json")
	if err == nil {
		err = json.NewDecoder(f).Decode(&m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestADownloadComesInOneZIPOrInVolumes(t *testing.T) {
	for _, bytes := range []int64{0, 1} {
		r := newRig(t, func(a *manage.API) { a.VolumeBytes = bytes })
		ada := r.signIn("ada")
		at := r.account(ada, `{}`)
		asked := r.want(202, `"scope":"account"`, "POST", at+"/exports", `{"scope":"account"}`, append(bearer(ada), "Idempotency-Key", "x")...)
		where := asked.Header().Get("Location")
		if again := r.want(200, "", "POST", at+"/exports", `{"scope":"account"}`, bearer(ada)...).Header().Get("Location"); again != where {
			t.Errorf("asked for %s, and then for %s", where, again)
		}
		if head := r.want(200, "", "HEAD", where, "", bearer(ada)...); head.Body.Len() > 0 {
			t.Errorf("HEAD got %d bytes", head.Body.Len())
		}
		volumes, files := 0, 0
		for next := where; next != ""; volumes++ {
			w := r.want(200, "", "GET", next, "", bearer(ada)...)
			if kind := w.Header().Get("Content-Type"); kind != "application/zip" {
				t.Fatalf("the download is %s", kind)
			}
			files += len(manifest(t, w.Body.Bytes()).Files)
			next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), `>; rel="next"`)
		}
		if (volumes > 1) != (bytes > 0) || files < 5 {
			t.Errorf("volumes of %d bytes: %d, with %d files", bytes, volumes, files)
		}
		r.want(404, "no such download", "GET", where, "", bearer(ada)...)
		r.want(400, "after", "GET", where+"?before=x", "", bearer(ada)...)
	}
}

func TestAnAccountIsDeletedAndThatIsProven(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	at := r.account(ada, `{"profile":{"fullName":"Ada"}}`)
	challenge := read[manage.Challenge](t, r.want(200, `"members":1`, "POST", at+"/deletion", "", bearer(ada)...).Body.Bytes())
	body := `{"phrase":"` + challenge.Phrase + `"}`

	r.want(400, "", "DELETE", at, `{"phrase":"delete it"}`, bearer(ada)...)
	r.sleep(15 * time.Minute)
	r.want(403, `"code":4206`, "DELETE", at, body, bearer(ada)...)
	r.want(403, `"code":4206`, "POST", at+"/deletion", "", bearer(ada)...)

	ada = r.signIn("ada")
	challenge = read[manage.Challenge](t, r.want(200, "", "POST", at+"/deletion", "", bearer(ada)...).Body.Bytes())
	deleted := r.want(202, string(challenge.Request), "DELETE", at, `{"phrase":"`+challenge.Phrase+`"}`, bearer(ada)...)
	follow := deleted.Header().Get("Location")
	if follow != "/v1/deletions/"+string(challenge.Request) {
		t.Errorf("to be followed at %s", follow)
	}
	r.want(404, "", "GET", at, "", bearer(ada)...)
	r.want(200, `"stage":"requested"`, "GET", follow, "")

	for range 100 {
		if _, err := r.rights.Runner().Run(t.Context(), job.ID(challenge.Request)); err != nil {
			t.Fatal(err)
		}
		r.sleep(time.Minute)
	}
	status := read[manage.DeletionStatus](t, r.want(200, `"stage":"completed"`, "GET", follow, "").Body.Bytes())
	key := read[manage.CertificateKey](t, r.want(200, "", "GET", "/v1/certificate-key", "").Body.Bytes())
	if c, err := rights.Verify(status.Certificate, key.Fingerprint); err != nil || c.Request != challenge.Request {
		t.Errorf("the certificate: %+v, %v", c, err)
	}
	r.want(404, "", "GET", "/v1/deletions/"+strings.Repeat("0", 32), "")
}

func TestTheLedgerIsForWhoRunsTheDeployment(t *testing.T) {
	r := newRig(t)
	ada := r.signIn("ada")
	for range 3 {
		r.want(202, "", "POST", r.account(ada, `{}`)+"/exports", `{"scope":"self"}`, bearer(ada)...)
	}
	r.want(403, "", "GET", "/v1/ledger", "", bearer(ada)...)
	boss := bearer(r.session(operator))
	type page struct {
		Items []manage.LedgerEntry
		Next  string
	}
	first := read[page](t, r.want(200, "", "GET", "/v1/ledger?limit=2", "", boss...).Body.Bytes())
	if len(first.Items) != 2 || first.Next != "2" || first.Items[0].Kind != ledger.Download {
		t.Fatalf("got %+v", first)
	}
	last := read[page](t, r.want(200, "", "GET", "/v1/ledger?limit=2&cursor=2", "", boss...).Body.Bytes())
	if len(last.Items) != 1 || last.Next != "" || last.Items[0].Seq != 3 || last.Items[0].Before != first.Items[1].Hash {
		t.Errorf("got %+v", last)
	}
	r.want(200, `"seq":3`, "GET", "/v1/ledger?after=2", "", boss...)
	r.want(400, "number", "GET", "/v1/ledger?after=x", "", boss...)

	// The operator is no member of anybody's account.
	r.want(404, "", "GET", r.account(ada, `{}`), "", boss...)
}
