package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
)

// output takes what functions write, which on Lambda is their log, a line at a
// time with the function's name in front. They log nothing private, so that it
// can be passed on.
type output struct{ log *slog.Logger }

// Write passes a line on, at the level that it says that it has.
func (o output) Write(line []byte) (int, error) {
	name, text, _ := bytes.Cut(bytes.TrimRight(line, "\n"), []byte(" | "))
	record := struct {
		Level   slog.Level
		Figures json.RawMessage `json:"_aws"`
	}{Level: slog.LevelWarn} // what is no record is a cry for help
	_ = json.Unmarshal(text, &record)
	if record.Figures != nil { // for CloudWatch, which is not here
		record.Level = slog.LevelDebug
	}
	o.log.Log(context.Background(), record.Level, "a function says", "function", string(name), "line", string(text))
	return len(line), nil
}
