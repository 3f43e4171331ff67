package standalone_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
	"tacet/infra/local/site"
)

// countries returns the countries of the connections that were recorded.
func countries(t *testing.T, folder string, of site.Running) map[privacy.Country]int {
	t.Helper()
	disk, err := embedded.Open(embedded.Options{Folder: folder, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	found := map[privacy.Country]int{}
	err = disk.Telemetry.Each(t.Context(), of.App, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), time.Now(), func(e telemetry.Event) error {
		if e.Topic == telemetry.TopicConnect {
			found[e.Country]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTheCountryIsRecordedIfTheOperatorNamesTheHeader(t *testing.T) {
	for header, want := range map[string]privacy.Country{"CF-IPCountry": "DE", "": ""} {
		s := settings(t.TempDir())
		s.CountryHeader = header
		r, stop := mustStart(t, s)
		for range 2 {
			conn, _, err := websocket.Dial(patience(t), r.WebSocket+"?access_token="+r.ClientToken, &websocket.DialOptions{
				HTTPHeader: http.Header{"cf-ipcountry": {"DE"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := conn.Read(patience(t)); err != nil { // the greeting, after which it is recorded
				t.Fatal(err)
			}
			conn.CloseNow()
		}
		stop()
		if got := countries(t, s.Data, r); got[want] != 2 || len(got) != 1 {
			t.Errorf("with --country-header %q the connections are from %v", header, got)
		}
	}
}
