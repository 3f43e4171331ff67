package apiclient_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"tacet/infra/apiclient"
)

var errSeen = errors.New("seen enough")

// look reads events until so many have come.
func look(t *testing.T, c *apiclient.Client, most int) (string, error) {
	t.Helper()
	var got []string
	err := c.Events(t.Context(), "/v1/apps/x/live", func(data json.RawMessage) error {
		got = append(got, string(data))
		if len(got) == most {
			return errSeen
		}
		return nil
	})
	return strings.Join(got, " "), err
}

func TestEventsGoOnWhereTheAnswerBeforeEnded(t *testing.T) {
	c, a, waited := serve(t,
		status(200, "retry: 500\n:\n\nid: 1\ndata: {\"n\":1}\n\nid: 2\ndata: {\"n\":\ndata: 2}\n\n"),
		status(200, ":\n\n"),
		status(503, `{"detail":"full"}`, "Retry-After", "3"),
		status(200, "id: 3\ndata: {\"n\":3}\n\nevent: other\ndata: {}\n\nid: 4\ndata: half"),
		status(200, "event: end\ndata: {\"reason\":\"restart\"}\n\n"),
		breakOff,
		status(200, "id: 5\ndata: {\"n\":4}\n\n"),
	)
	got, err := look(t, c, 4)
	if want := `{"n":1} {"n":2} {"n":3} {"n":4}`; got != want || !errors.Is(err, errSeen) {
		t.Errorf("got %s, %v", got, err)
	}
	var from []string
	for _, r := range a.asked() {
		from = append(from, r.Header.Get("Last-Event-ID"))
		if r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("asked for %s", r.Header.Get("Accept"))
		}
	}
	if want := ",2,2,2,3,3,3"; strings.Join(from, ",") != want {
		t.Errorf("went on at %v", from)
	}
	if len(*waited) < 5 || // what breaks off may be asked again beneath
		(*waited)[0] != 500*time.Millisecond || (*waited)[2] != 3*time.Second {
		t.Errorf("waited %v", *waited)
	}
}

func TestEventsEndWithWhatCannotBeMended(t *testing.T) {
	for text, c := range map[string]struct {
		status int
		body   string
	}{
		"sign in again":                {200, "id: 1\ndata: {}\n\nevent: end\ndata: {\"reason\":\"signed-out\"}\n\n"},
		"may not look on":              {200, "event: end\ndata: {\"reason\":\"forbidden\"}\n\n"},
		"the application is gone":      {200, "event: end\ndata: {\"reason\":\"gone\"}\n\n"},
		"the server has ended it":      {200, "event: end\ndata: nonsense\n\n"},
		"there is no such application": {404, `{"detail":"there is no such application"}`},
		"full":                         {503, `{"detail":"full"}`}, // before anything has come
	} {
		client, a, _ := serve(t, status(c.status, c.body))
		if _, err := look(t, client, 9); err == nil || !strings.Contains(err.Error(), text) || len(a.asked()) != 1 {
			t.Errorf("asked %d times: %v, want %s", len(a.asked()), err, text)
		}
	}
	client, _, _ := serve(t, breakOff)
	if _, err := look(t, client, 9); err == nil || !strings.Contains(err.Error(), "cannot reach") {
		t.Errorf("nobody answers: %v", err)
	}
}
