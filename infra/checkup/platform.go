package checkup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Platform asks a platform that runs how it is. base is where its HTTP API is.
func Platform(ctx context.Context, client *http.Client, base string, now func() time.Time) []Finding {
	base = strings.TrimSuffix(base, "/")
	began := now()
	status, header, _, err := get(ctx, client, base+"/healthz")
	if err != nil {
		return []Finding{bad("platform", "nobody answers at "+base+" ("+innermost(err).Error()+")", "is tacet run running there, and does the address lead there?")}
	}
	all := []Finding{alive(status), difference(header, began.Add(now().Sub(began)/2))}
	if status, _, _, err := get(ctx, client, base+"/readyz"); err == nil && status != http.StatusNotFound {
		if status == http.StatusOK {
			all = append(all, good("platform: ready", "yes"))
		} else {
			all = append(all, bad("platform: ready", fmt.Sprintf("no (status %d)", status), "look at its log: something that it depends on does not answer"))
		}
	}
	var document struct{ Info struct{ Version string } }
	if status, _, text, err := get(ctx, client, base+"/v1/openapi.json"); err != nil || status != http.StatusOK || json.Unmarshal(text, &document) != nil {
		return append(all, note("platform: version", "it does not say", "is this a Tacet?"))
	}
	return append(all, good("platform: version", "API %s", document.Info.Version))
}

func alive(status int) Finding {
	if status != http.StatusOK {
		return bad("platform", fmt.Sprintf("it is not well (status %d)", status), "look at its log")
	}
	return good("platform", "it answers")
}

// difference looks how far its clock is from ours.
func difference(h http.Header, now time.Time) Finding {
	const what, do = "platform: clock", "set the clock of one of both: tokens are good for a time, and each goes by its own"
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return note(what, "it does not say what time it is", "compare the clocks by hand")
	}
	off := at.Add(time.Second / 2).Sub(now).Abs() // a date has no fractions
	switch {
	case off > time.Minute:
		return bad(what, fmt.Sprintf("%s apart from this machine's", off.Round(time.Second)), do)
	case off > 5*time.Second:
		return note(what, fmt.Sprintf("%s apart from this machine's", off.Round(time.Second)), do)
	}
	return good(what, "as this machine's")
}

// most is how much of an answer is read.
const most = 8 << 20

func get(ctx context.Context, client *http.Client, address string) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, nil, errors.New("this is no address that can be called")
	}
	a, err := client.Do(q)
	if err != nil {
		return 0, nil, nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, most))
	return a.StatusCode, a.Header, text, err
}
