package standalone

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/infra/config"
)

// Without a proxy of ours the header is the client's own invention.
func TestAddressesAreTakenFromProxiesOfOurOwn(t *testing.T) {
	for _, c := range []struct {
		name              string
		proxies           int
		client, publisher string
	}{
		{"none", 0, "127.0.0.0/24", "127.0.0.0/24"},
		{"one", 1, "203.0.113.0/24", "198.51.100.0/24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, a := started(t, time.Minute, func(s *config.Standalone) { s.TrustedProxies = c.proxies })
			ctx := t.Context()
			a.Settings.Addresses = privacy.Truncate // what can be compared
			if err := p.Put(ctx, a, keysOf(p)); err != nil {
				t.Fatal(err)
			}
			conn, _, err := websocket.Dial(ctx, p.running.WebSocket+"?access_token="+p.running.ClientToken,
				&websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {"192.0.2.1, 203.0.113.7"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			q, err := http.NewRequestWithContext(ctx, http.MethodPost, p.running.HTTP+"/api/topics/"+string(a.ID)+"/publish",
				strings.NewReader(`{"topic":"chat","message":1}`))
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("Authorization", "Bearer "+p.running.AdminToken)
			q.Header.Set("X-Forwarded-For", "192.0.2.1, 198.51.100.7")
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
				t.Fatal(answer.Status, err)
			}
			// That somebody has come is written a little after he has.
			client, publisher := "", ""
			for deadline := time.Now().Add(20 * time.Second); client == "" && time.Now().Before(deadline); <-time.After(time.Millisecond) {
				client, publisher = "", ""
				now := time.Now()
				err = p.disk.Telemetry.Each(ctx, a.ID, now.Add(-time.Hour), now.Add(time.Hour), now, func(e telemetry.Event) error {
					client, publisher = client+e.ClientIP.Value(), publisher+e.PublisherIP.Value()
					return nil
				})
			}
			if err != nil || client != c.client || publisher != c.publisher {
				t.Errorf("recorded client %q, publisher %q; want %q, %q; %v", client, publisher, c.client, c.publisher, err)
			}
		})
	}
}
