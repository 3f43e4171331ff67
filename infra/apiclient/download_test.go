package apiclient_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"tacet/infra/apiclient"
)

// volume returns a ZIP of files in pairs of name and text, with a manifest that says so, but for what change does to it.
func volume(t *testing.T, change func(manifest map[string]any), files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name, text string) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	list := []any{}
	for i := 0; i < len(files); i += 2 {
		add(files[i], files[i+1])
		hash := sha256.Sum256([]byte(files[i+1]))
		list = append(list, map[string]any{"name": files[i], "bytes": len(files[i+1]), "sha256": hex.EncodeToString(hash[:])})
	}
	m := map[string]any{"request": "r1", "files": list}
	if change != nil {
		change(m)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	add("manifest.json", string(text))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const asked = `{"request":"r1"}`

func download(t *testing.T, all ...http.HandlerFunc) (*bytes.Buffer, *answers, apiclient.Summary, error) {
	t.Helper()
	c, a, _ := serve(t, append([]http.HandlerFunc{status(202, asked)}, all...)...)
	folder := t.TempDir()
	var out bytes.Buffer
	s, err := apiclient.Download{Client: c, Account: "acc", Scope: "account", Folder: folder}.To(t.Context(), &out)
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return &out, a, s, err
}

func TestVolumesBecomeOneZIP(t *testing.T) {
	one := volume(t, func(m map[string]any) { m["next"] = "t/1" }, "account.json", "{}", "apps/1.json", "[1]")
	two := volume(t, func(m map[string]any) { m["follows"] = "t/1" }, "telemetry/1.ndjson", strings.Repeat("x", 1<<17))
	const next = `</v1/accounts/acc/exports/r1?after=t%2F1>; rel="next"`
	out, a, s, err := download(t, status(200, one, "Link", next), breakOff, status(200, two[:len(two)/2]), status(200, two))
	if err != nil {
		t.Fatal(err)
	}
	if s != (apiclient.Summary{Request: "r1", Volumes: 2, Files: 3, Bytes: 2 + 3 + 1<<17}) {
		t.Errorf("%+v", s)
	}
	if got := a.asked()[len(a.asked())-1].URL; got.Path != "/v1/accounts/acc/exports/r1" || got.Query().Get("after") != "t/1" {
		t.Errorf("the second volume was asked for with %s", got)
	}
	in, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range in.File {
		names = append(names, f.Name)
	}
	if strings.Join(names, " ") != "account.json apps/1.json telemetry/1.ndjson manifest.json" {
		t.Errorf("%v", names)
	}
	f, err := in.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(f)
	var m struct {
		Request, Follows, Next string
		Files                  []struct{ Name string }
	}
	if json.Unmarshal(text, &m) != nil || m.Request != "r1" || m.Next != "" || len(m.Files) != 3 {
		t.Errorf("%s", text)
	}
}

func TestADownloadThatIsNotWhatItsManifestSaysIsNone(t *testing.T) {
	file := func(m map[string]any, i int) map[string]any { return m["files"].([]any)[i].(map[string]any) }
	for want, v := range map[string]string{
		"a.json is not what":        volume(t, func(m map[string]any) { file(m, 0)["sha256"] = strings.Repeat("0", 64) }, "a.json", "{}"),
		"b.json is not what":        volume(t, func(m map[string]any) { file(m, 0)["bytes"] = 1 }, "b.json", "{}"),
		"names 1":                   volume(t, func(m map[string]any) { m["files"] = m["files"].([]any)[:1] }, "a", "", "b", ""),
		"c.json is missing":         volume(t, func(m map[string]any) { file(m, 0)["name"] = "c.json" }, "a.json", "{}"),
		`names a file "../x"`:       volume(t, nil, "../x", "{}"),
		`names a file "a"`:          volume(t, func(m map[string]any) { file(m, 1)["name"] = "a" }, "a", "", "b", ""),
		"manifest.json of the":      volume(t, func(m map[string]any) { m["files"] = 7 }),
		"is no whole ZIP":           "PK",
		"is missing, or came twice": volume(t, func(m map[string]any) { m["follows"] = "x" }, "a", ""),
		"before its last volume":    volume(t, func(m map[string]any) { m["next"] = "x" }, "a", ""),
		"comes in two volumes":      "",
		"goes on elsewhere":         "",
		"there is no such thing":    "",
	} {
		t.Run(want, func(t *testing.T) {
			answer := status(200, v)
			switch want {
			case "comes in two volumes":
				answer = status(200, volume(t, nil, "a", "1"), "Link", "<?after=x>; rel=next")
			case "goes on elsewhere":
				answer = status(200, volume(t, nil, "a", "1"), "Link", "<http://192.0.2.1/v1/x?after=x>; rel=next")
			case "there is no such thing":
				answer = status(404, `{"detail":"there is no such thing"}`)
			}
			_, _, _, err := download(t, answer)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
