package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// shower returns what prints a message: as a line of JSON, or for people.
func shower(w io.Writer, asJSON bool) func(*frame, []byte) error {
	if asJSON {
		return func(_ *frame, raw []byte) error {
			// A payload is passed on as its publisher wrote it, with line
			// breaks perhaps; here a line is a message.
			var line bytes.Buffer
			if err := json.Compact(&line, raw); err != nil {
				return nil // not for a program to read, then
			}
			line.WriteByte('\n')
			_, err := w.Write(line.Bytes())
			return err
		}
	}
	return func(f *frame, _ []byte) error {
		payload, from := published(f)
		_, err := fmt.Fprintf(w, "%s  %s  %s%s\n", time.Now().Format(time.TimeOnly), f.Topic, printable(from), pretty(payload))
		return err
	}
}

// published returns what somebody published, and who, if it was a client.
func published(f *frame) (json.RawMessage, string) {
	var by struct {
		Client *struct {
			Subject string `json:"subject"`
		} `json:"client"`
		Payload json.RawMessage `json:"payload"`
	}
	from := ""
	if f.MessageType != "broadcast" {
		from = f.MessageType + "  "
	}
	if json.Unmarshal(f.Data, &by) != nil || by.Client == nil || by.Payload == nil {
		return f.Data, from
	}
	return by.Payload, from + by.Client.Subject + ": "
}

// pretty returns JSON for a person: a string as its text, what is short on one
// line, the rest indented. Nothing in it reaches the terminal but letters.
func pretty(payload json.RawMessage) string {
	var text string
	if json.Unmarshal(payload, &text) == nil && len(payload) > 0 && payload[0] == '"' {
		return printable(text)
	}
	var line, block bytes.Buffer
	if json.Compact(&line, payload) != nil {
		return printable(string(payload))
	}
	if line.Len() <= 100 || json.Indent(&block, payload, "  ", "  ") != nil {
		return printable(line.String())
	}
	var out bytes.Buffer
	for i, l := range bytes.Split(block.Bytes(), []byte{'\n'}) {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(printable(string(l)))
	}
	return out.String()
}
