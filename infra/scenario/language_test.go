package scenario_test

import (
	"strings"
	"testing"

	"tacet/infra/scenario"
)

func TestWhatIsNotUnderstoodIsNamedWithFileAndLine(t *testing.T) {
	for line, want := range map[string]string{
		"alice dances":                              `verb "dances"`,
		"alice":                                     "a verb should be",
		"alice connects to=b":                       "what does to=b mean",
		"alice connects with colour=red":            `option "colour"`,
		"alice connects with expires=soon":          "duration",
		"alice receives ack matched 1":              "delivered should be",
		"alice receives ack matched 1 gone 1":       `"gone" should be "delivered"`,
		"alice receives a broadcast 1":              "from should be",
		"alice receives presence asleep of bob":     `"asleep"`,
		"alice receives error many":                 "should be a number",
		"alice publishes a 1 quietly":               "publishes quietly",
		"alice is happy":                            `"happy"`,
		"alice is closed with 1000 because":         "what does because mean",
		"api sings":                                 `verb "sings"`,
		"nobody sleeps":                             `should be "hears"`,
		"repeat many: alice pings":                  "number and a colon",
		"needs: luck":                               `"luck"`,
		"needs: plan=golden":                        "no such plan",
		"needs: first-key=HS1":                      "HS1",
		"alice connects\nneeds: ordered":            "first line",
		"# nothing but a comment":                   "nobody says anything",
		"alice connects with publish=":              "publish=",
		"alice publishes a {\"never\": \"closed\" ": "", // payloads may be malformed
	} {
		_, err := scenario.Parse("x.txtar", []byte("About x.\n\n-- y --\n"+line+"\n"))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", line, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: want %q, got %v", line, want, err)
		}
	}
	_, err := scenario.Parse("x.txtar", []byte("About x.\n\n-- y --\nalice connects\n-- z --\n\nalice sinks\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "x.txtar:7: ") {
		t.Errorf("the line is the seventh: %v", err)
	}
}

// A conversation that does not go as written must fail: where, and why.
func TestWhatGoesOtherwiseIsNoticed(t *testing.T) {
	h := host(t)
	for _, c := range []struct{ want, text string }{
		{"they differ at .delivered\nthey differ at .matched", "alice connects with publish=a\nalice publishes a 1\nalice receives ack matched 1 delivered 1 gone 0"},
		{"at the end", "alice connects with publish=a\nalice subscribes a\nalice publishes a 1\nalice receives ack matched 1 delivered 1 gone 0"},
		{"byte for byte", "alice connects\nalice subscribes a\napi publishes a [1]\napi answers 200\nalice receives a broadcast [1 ] from api"},
		{"want b broadcast", "alice connects\nalice subscribes a\napi publishes a 1\napi answers 200\nalice receives b broadcast 1 from api"},
		{"nothing to hear", "alice connects\napi publishes main 1\napi answers 200\nnobody hears anything"},
		{"nobody looked", "api publishes main 1"},
		{"it answered 200", "api publishes main 1\napi answers 403"},
		{"differ at .", "api gets /api/topics/$app\napi answers 200 [1]"},
		{"nobody asked", "api answers 200"},
		{"was let in", "alice is refused 401"},
		{"verb", "alice is refused 401 with token=none app=other\nbob dances"},
		{"refused with 401", "alice connects with token=none"},
		{"has not come", "alice publishes a 1"},
		{"differ at .code", "alice connects\nalice sends {}\nalice receives error 4101 without id"},
		{"differ at .id", "alice connects\nalice sends {}\nalice receives error 4100"},
		{"does not say", "alice connects\nalice sends {}\nalice receives error 4100 without id \"sorry\""},
		{"retryAfterMs", "alice connects\nalice sends {}\nalice receives error 4100 without id retry"},
		{"closed with 1003", "alice connects\nalice sends binary a\nalice is closed with 1009"},
		{"closed", "alice connects\nalice closes\nalice pings"},
		{"hears nothing more", "alice connects\nbob connects\nbob sends binary a\nbob receives pong"},
		{"not closed yet", "alice connects\nalice pings\nalice is closed with 1000"},
		{"3 acks and 0 errors", "alice connects with publish=a\nrepeat 3: alice publishes a 1\nalice is answered 3 times, sometimes with 4301"},
	} {
		all, err := scenario.Parse("x.txtar", []byte("-- y --\n"+c.text+"\n"))
		if err == nil {
			err = h.Play(t.Context(), all[0])
		}
		found := false
		for alternative := range strings.SplitSeq(c.want, "\n") {
			found = found || err != nil && strings.Contains(err.Error(), alternative)
		}
		if !found {
			t.Errorf("%s\nwant %q, got %v", c.text, c.want, err)
		}
	}
}
