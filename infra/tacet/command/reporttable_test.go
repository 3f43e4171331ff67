package command

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBarsAreAsLongAsTheirNumbers(t *testing.T) {
	for n, want := range map[int64]string{
		0: "", 1: "▏", 1000: strings.Repeat("█", 24), 500: strings.Repeat("█", 12), 520: strings.Repeat("█", 12) + "▍",
	} {
		if got := bar(n, 1000); got != want {
			t.Errorf("%d of 1000: %q, want %q", n, got, want)
		}
	}
	var out bytes.Buffer
	c := &console{out: &out, err: &out}
	g := grid{head: []string{"TOPIC", "MESSAGES", "BYTES"}, bars: true}
	g.add(4, "chat", "4", "9 B")
	g.add(1, "ñandú", "1", "12 B")
	if err := g.write(c); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for _, line := range lines {
		if utf8.RuneCountInString(line) != utf8.RuneCountInString(lines[0]) {
			t.Errorf("columns are not below each other:\n%s", &out)
		}
	}
	if !strings.Contains(lines[1], "4 "+strings.Repeat("█", 24)+"    9 B") {
		t.Errorf("got\n%s", &out)
	}
}
