package entry_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/infra/apigw"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What stands in sample events for tokens.
func tokens(t *testing.T) map[string]string {
	return map[string]string{
		"TOKEN":   token(t, userSecret, "alice", now.Add(time.Minute)),
		"EXPIRED": token(t, userSecret, "alice", now),
		"FOREIGN": token(t, strings.ToUpper(userSecret), "alice", now.Add(time.Minute)),
		"ADMIN":   token(t, adminSecret, "alice", now.Add(time.Minute)),
		"CROWDED": token(t, userSecret, "crowded", now.Add(time.Minute)),
	}
}

// samples calls f with each sample event, the function that it is for, and the
// file of the answer.
func samples(t *testing.T, f func(t *testing.T, function string, event []byte, answer string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.event.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".event.json")
		t.Run(strings.TrimPrefix(filepath.ToSlash(name), "testdata/"), func(t *testing.T) {
			event, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for placeholder, text := range tokens(t) {
				event = bytes.ReplaceAll(event, []byte(`"`+placeholder+`"`), []byte(`"`+text+`"`))
				event = bytes.ReplaceAll(event, []byte(` `+placeholder+`"`), []byte(` `+text+`"`))
				event = bytes.ReplaceAll(event, []byte(`"`+placeholder+`,`), []byte(`"`+text+`,`))
				event = bytes.ReplaceAll(event, []byte(`\"`+placeholder+`\"`), []byte(`\"`+text+`\"`))
			}
			f(t, filepath.Base(filepath.Dir(file)), event, name+".answer.json")
		})
	}
}

// sampled returns a rig in the state that a sample presumes.
func sampled(t *testing.T, event []byte) (*rig, apigw.Event) {
	t.Helper()
	e, err := apigw.Decode(event)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	if e.Type != apigw.Connect && e.Type != apigw.Authorize {
		r.open()
	}
	return r, e
}

func TestSampleEventsAreAnsweredAsReviewedBothWays(t *testing.T) {
	samples(t, func(t *testing.T, function string, event []byte, golden string) {
		r, e := sampled(t, event)
		response, err := r.function(function).InvokeEvent(t.Context(), &e)
		if err != nil {
			t.Fatal(err)
		}
		direct := response.AppendJSON(nil)

		r, _ = sampled(t, event)
		encoded, err := r.function(function).Invoke(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		if string(direct) != string(encoded) {
			t.Errorf("the two ways in have two answers:\n%s\n%s", direct, encoded)
		}
		if again, err := apigw.DecodeResponse(encoded); err != nil || string(again.AppendJSON(nil)) != string(encoded) {
			t.Errorf("API Gateway reads another answer: %v", err)
		}

		var pretty bytes.Buffer
		if err := json.Indent(&pretty, encoded, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		if *update {
			if err := os.WriteFile(golden, pretty.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if pretty.String() != string(want) {
			t.Errorf("got  %s\nwant %s", pretty.String(), want)
		}
	})
}

// Only a CONNECT event that reaches connect may come back with a 2xx that is
// not the answer to a message, and only what the type of an event asks for
// may happen.
func TestOnlyTheTypeOfAnEventDecides(t *testing.T) {
	samples(t, func(t *testing.T, function string, event []byte, _ string) {
		r, e := sampled(t, event)
		before := len(r.connections())
		response, err := r.function(function).InvokeEvent(t.Context(), &e)
		if err != nil {
			t.Fatal(err)
		}
		admitted := response.StatusCode >= 200 && response.StatusCode < 300
		switch {
		case e.Type == apigw.Message:
			if !admitted || response.StatusCode != 200 {
				t.Errorf("a message was answered with status %d", response.StatusCode)
			}
		case admitted && (e.Type == apigw.Authorize || e.Type == "" || string(e.Type) != strings.ToUpper(function)):
			t.Errorf("%s said %d to an event of type %q", function, response.StatusCode, e.Type)
		}
		if e.Type != apigw.Message && len(r.posted) != 0 && e.Type != apigw.Disconnect {
			t.Errorf("frames were posted: %q", r.posted)
		}
		after := len(r.connections())
		wantAfter := before
		if admitted && e.Type == apigw.Connect {
			wantAfter++
		} else if admitted && e.Type == apigw.Disconnect {
			wantAfter--
		}
		if after != wantAfter || (len(r.greeted) == 1) != (after > before) {
			t.Errorf("%d connections before, %d after, greeted %v", before, after, r.greeted)
		}
	})
}

func TestNeitherLogNorAnswerRepeatsAnything(t *testing.T) {
	samples(t, func(t *testing.T, function string, event []byte, _ string) {
		r, _ := sampled(t, event)
		answer, err := r.function(function).Invoke(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		private := []string{"MARKER", "203.0.113", "alice", "crowded"}
		for _, text := range tokens(t) {
			private = append(private, text)
		}
		for _, text := range private {
			if strings.Contains(string(answer), text) {
				t.Errorf("the answer holds %q: %s", text, answer)
			}
			if strings.Contains(r.log.String(), text) {
				t.Errorf("the log holds %q: %s", text, r.log)
			}
		}
		record := map[string]any{}
		if err := json.Unmarshal(r.log.Bytes(), &record); err != nil { // exactly one
			t.Fatalf("%v in %s", err, r.log)
		}
		if record["connection"] != connID || record["request"] != "QkFTRTY0VVIFaaA=" {
			t.Errorf("the record does not say whose it is: %s", r.log)
		}
	})
}
