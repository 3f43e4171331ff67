package command_test

import (
	"strings"
	"testing"
	"time"
)

const reportAt = "GET /v1/apps/" + one + "/report"

var ofOne = map[string]string{reportAt: `{"appId":"` + one + `","from":"2026-03-01T00:00:00Z","to":"2026-03-03T00:00:00Z","step":"day","zone":"UTC","points":[
{"start":"2026-03-01T00:00:00Z","end":"2026-03-02T00:00:00Z","figures":{"messages":1204,"deliveries":2408,"bytes":2000,"connections":7,"openAtMost":3,"clients":5000,"clientsError":115,"errors":0,"deliveryMicros":{"p50":900,"p99":12345}}},
{"start":"2026-03-02T00:00:00Z","end":"2026-03-03T00:00:00Z","figures":{"messages":0,"openAtMost":null}}]}`}

// answers of a desk are lines, one for each request.
func inOneLine(answers map[string]string) map[string]string {
	all := map[string]string{}
	for where, text := range answers {
		all[where] = strings.ReplaceAll(text, "\n", "")
	}
	return all
}

func TestAReportIsATableForPeople(t *testing.T) {
	_, status, out, said := manage(t, inOneLine(ofOne), "report", "--app", one)
	want := "DAY             MESSAGES  DELIVERIES   BYTES  CONNECTED  OPEN  CLIENTS  ERRORS    P50   P99\n" +
		"Sun 2026-03-01     1,204       2,408  2.0 kB          7     3   ~5,000       0  900µs  12ms\n" +
		"Mon 2026-03-02         0           0     0 B          0     -        0       0      -     -\n"
	if status != 0 || out != want {
		t.Errorf("%d, %s\ngot\n%swant\n%s", status, said, out, want)
	}
}

func TestGroupsAreTablesOfTheirOwn(t *testing.T) {
	for name, c := range map[string]struct{ answer, out, said string }{
		"topics": {
			`{"step":"total","by":"topic","minGroup":5,"from":"2026-03-01T00:00:00Z","to":"2026-03-03T00:00:00Z","points":[{"topics":{"rows":[{"topic":"chat","messages":12,"deliveries":24,"bytes":120}],"other":{"messages":3,"deliveries":3,"bytes":9}}}]}`,
			"TOPIC    MESSAGES  DELIVERIES  BYTES\nchat           12          24  120 B\n(other)         3           3    9 B\n", "2026-03-01 to 2026-03-02, UTC. On a day, what is of fewer than 5 clients is in (other).",
		},
		"countries by day": {
			`{"step":"day","by":"country","minGroup":1,"points":[{"start":"2026-03-01T00:00:00Z","countries":{"rows":[{"country":"DE","connections":7}],"other":{"connections":0}}},{"start":"2026-03-02T00:00:00Z","countries":{"rows":[],"other":{"connections":2}}}]}`,
			"Sun 2026-03-01\nCOUNTRY  CONNECTED\nDE               7\n\nMon 2026-03-02\nCOUNTRY  CONNECTED\n(other)          2\n", "",
		},
		"codes":       {`{"step":"total","by":"code","points":[{"codes":{"rows":[{"code":4003,"errors":7}],"other":{"errors":0}}}]}`, "CODE  ERRORS\n4003       7\n", ""},
		"a rude name": {`{"step":"total","by":"topic","points":[{"topics":{"rows":[{"topic":"\u001b[2J","messages":1}],"other":{}}}]}`, "TOPIC    MESSAGES  DELIVERIES  BYTES\n\\x1b[2J         1           0    0 B\n", ""},
		"nothing yet": {`{"step":"total","by":"topic","minGroup":5,"points":[]}`, "", "when a day (in UTC) is over"},
		"too old":     {`{"step":"day","points":[]}`, "", "does not keep telemetry for so long"},
	} {
		_, status, out, said := manage(t, map[string]string{reportAt: c.answer}, "report", "--app", one, "--by", "topic")
		if status != 0 || out != c.out || !strings.Contains(said, c.said) {
			t.Errorf("%s: %d, %s\ngot\n%swant\n%s", name, status, said, out, c.out)
		}
	}
}

func TestAReportIsAskedForAsItWasTyped(t *testing.T) {
	today := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	for typed, want := range map[string]string{
		"":                    "?from=" + today(6) + "&limit=20",
		"--days 1":            "?from=" + today(0) + "&limit=20",
		"--by topic --days 3": "?by=topic&from=" + today(3) + "&limit=20&step=total",
		"--by code --days 3":  "?by=code&from=" + today(2) + "&limit=20&step=total",
		"--from 2026-03-01 --to 2026-03-05T10:00:00Z --step hour --limit 5": "?from=2026-03-01&limit=5&step=hour&to=2026-03-05T10%3A00%3A00Z",
		"--to 2026-03-05 --zone Europe/Berlin --csv":                        "?format=csv&limit=20&to=2026-03-05&zone=Europe%2FBerlin",
	} {
		d, status, _, said := manage(t, inOneLine(ofOne), append([]string{"report", "--app", one}, strings.Fields(typed)...)...)
		if got := d.asked[len(d.asked)-1]; status != 0 || got != reportAt+want {
			t.Errorf("%s: %d %s\ngot  %s\nwant %s", typed, status, said, got, reportAt+want)
		}
	}
	for typed, want := range map[string]string{"--zone Mars": "Europe/Berlin", "--days 0": "begins at 1", "--csv --json": "exclude each other", "--step week": "must be one of"} {
		d, status, _, said := manage(t, nil, append([]string{"report", "--app", one}, strings.Fields(typed)...)...)
		if status != 2 || !strings.Contains(said, want) || len(d.asked) != 0 {
			t.Errorf("%s: %d %s, asked %v", typed, status, said, d.asked)
		}
	}
}

func TestATableForSpreadsheetsIsPrintedAsItCame(t *testing.T) {
	_, status, out, _ := manage(t, map[string]string{reportAt: "start,end\r"}, "report", "--app", one, "--csv")
	if status != 0 || out != "start,end\r" {
		t.Errorf("%d %q", status, out)
	}
}
