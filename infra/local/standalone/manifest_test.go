package standalone

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tacet/core/directory"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/infra/httpapi/manage/lifetest"
)

// What keys in the store begin with: records of the directory, the ledger, and
// telemetry, which lies in blocks, rollups and marks that have no names in them;
// package embedded holds those against their types.
const directoryKeys, otherKeys = "d", "lnrt"

// Whatever lies in the store when everything has happened once is listed in the
// manifest: each record, to the last member of its value, and each entry of the
// ledger.
func TestWhatLiesInTheStoreIsWhatTheManifestLists(t *testing.T) {
	folder := t.TempDir()
	p, h, stop := alive(t, folder)
	l := lifetest.Begin(t, h)
	l.Speak(t, strings.Replace(p.running.WebSocket, string(p.running.App), l.App, 1))
	l.Ask(t)
	stop()
	all := places(t, folder)
	p, _, stop = alive(t, folder) // for what is sealed

	seen := map[string]bool{}
	for where, data := range all {
		if !strings.HasPrefix(where, "record ") {
			continue
		}
		key, _, _ := strings.Cut(string(data), "\n")
		if key[:1] != directoryKeys {
			if !strings.Contains(otherKeys, key[:1]) {
				t.Errorf("nobody knows what lies under keys such as %q", key)
			}
			continue
		}
		id, name, _ := strings.Cut(key[3:], "#")
		p.hold(t, p.disk.Directory, "directory", directory.Key{Part: directory.Part{Kind: directory.Kind(key[1]), ID: id}, Name: name}, seen)
	}
	for _, part := range []string{"w#deployment", "d#0", "d#1", "d#2", "d#3", "d#4", "d#5", "d#6", "d#7", "d#8", "d#9", "d#a", "d#b", "d#c", "d#d", "d#e", "d#f"} {
		page, _, err := p.disk.Vault.List(t.Context(), directory.Part{Kind: directory.Kind(part[0]), ID: part[2:]}, "", "", directory.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			p.hold(t, p.disk.Vault, "vault", r.Key, seen)
		}
	}
	p.holdLedger(t)
	stop()
	for _, c := range privacy.Telemetry.Classes {
		for _, place := range c.Tables {
			if (place.Table == "directory" || place.Table == "vault") && !seen[c.Name] && c.Name != "job" { // it may be done already
				t.Errorf("the manifest lists the class %q, and there is nothing of it", c.Name)
			}
		}
	}
}

// hold holds a record against the manifest, unless it is gone.
func (p *Platform) hold(t *testing.T, from directory.Directory, table string, k directory.Key, seen map[string]bool) {
	t.Helper()
	r, err := from.Get(t.Context(), k)
	if errors.Is(err, directory.ErrAbsent) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	c, ok := privacytest.Find(privacy.Telemetry, table, k.Part.String(), k.Name)
	if !ok {
		t.Errorf("nothing in the manifest lies in %s under %s", table, k)
		return
	}
	seen[c.Name] = true
	for _, problem := range privacytest.Value(c, r.Value, lifetest.Open(t, p.accounts, k)) {
		t.Error(problem)
	}
}

func (p *Platform) holdLedger(t *testing.T) {
	t.Helper()
	entries, err := p.disk.Ledger.Entries(t.Context(), 0, 1000)
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	c, _ := privacy.Telemetry.Class("ledger")
	for _, e := range entries {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range privacytest.Value(c, text, nil) {
			t.Error(problem)
		}
	}
}
