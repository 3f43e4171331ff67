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
	for text, want := range map[string]string{
		"alice connects with publish=a\nalice publishes a 1\nalice receives ack matched 1 delivered 1 gone 0":                     "they differ at .delivered\nthey differ at .matched",
		"alice connects with publish=a\nalice subscribes a\nalice publishes a 1\nalice receives ack matched 1 delivered 1 gone 0": "at the end",
		"alice connects\nalice subscribes a\napi publishes a [1]\napi answers 200\nalice receives a broadcast [1 ] from api":      "byte for byte",
		"alice connects\nalice subscribes a\napi publishes a 1\napi answers 200\nalice receives b broadcast 1 from api":           "want b broadcast",
		"alice connects\napi publishes main 1\napi answers 200\nnobody hears anything":                                            "nothing to hear",
		"api publishes main 1":                                                           "nobody looked",
		"api publishes main 1\napi answers 403":                                          "it answered 200",
		"api gets /api/topics/$app\napi answers 200 [1]":                                 "differ at .",
		"api answers 200":                                                                "nobody asked",
		"alice is refused 401":                                                           "was let in",
		"alice is refused 401 with token=none app=other\nbob dances":                     "verb",
		"alice connects with token=none":                                                 "refused with 401",
		"alice publishes a 1":                                                            "has not come",
		"alice connects\nalice sends {}\nalice receives error 4101 without id":           "differ at .code",
		"alice connects\nalice sends {}\nalice receives error 4100":                      "differ at .id",
		"alice connects\nalice sends {}\nalice receives error 4100 without id \"sorry\"": "does not say",
		"alice connects\nalice sends {}\nalice receives error 4100 without id retry":     "retryAfterMs",
		"alice connects\nalice sends binary a\nalice is closed with 1009":                "closed with 1003",
		"alice connects\nalice closes\nalice pings":                                      "closed",
		"alice connects\nbob connects\nbob sends binary a\nbob receives pong":            "hears nothing more",
		"alice connects\nalice pings\nalice is closed with 1000":                         "not closed yet",
		"alice connects with publish=a\nrepeat 3: alice publishes a 1\nalice is answered 3 times, sometimes with 4301": "3 acks and 0 errors",
	} {
		all, err := scenario.Parse("x.txtar", []byte("-- y --\n"+text+"\n"))
		if err == nil {
			err = h.Play(t.Context(), all[0])
		}
		found := false
		for alternative := range strings.SplitSeq(want, "\n") {
			found = found || err != nil && strings.Contains(err.Error(), alternative)
		}
		if !found {
			t.Errorf("%s\nwant %q, got %v", text, want, err)
		}
	}
}
