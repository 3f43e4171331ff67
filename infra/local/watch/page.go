package watch

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tacet/core/wire"
)

// style is the page's own; nothing is loaded.
const style = `:root{color-scheme:light dark;--ink:#1d232b;--soft:#5d6875;--line:#d8dde3;--card:#fff;--page:#f5f6f8;--one:#0b6bcb;--two:#c2630a;--good:#1a7f43;--bad:#c62828}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#98a3af;--line:#323a44;--card:#1b2027;--page:#12161b;--one:#5aa9f5;--two:#f0a04b;--good:#5cc98a;--bad:#ff7b72}}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 3rem}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1rem;margin:0 0 .5rem;color:var(--soft);font-weight:600}
.state{font-weight:600;color:var(--good)}.state.bad,.bad{color:var(--bad)}
.soft{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1rem 0}
.card,section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}
.card b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.card span{color:var(--soft);font-size:.875rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.75rem;margin-top:.75rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:12px}
.grid{stroke:var(--line)}.one{stroke:var(--one);fill:none;stroke-width:2}.two{stroke:var(--two);fill:none;stroke-width:2}
.key1{color:var(--one)}.key2{color:var(--two)}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem .25rem 0;border-top:1px solid var(--line);font-weight:400}
tr:first-child>*{border-top:0}th{color:var(--soft)}td{font-variant-numeric:tabular-nums}
`

// styleHash lets browsers use style, and no other.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

// page returns the page for people, which comes anew every ten seconds.
func (s *Status) page(now time.Time, curve []minute) []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">`)
	b.WriteString("<title>Tacet: status</title><style>" + style + "</style><main><header><h1>Tacet</h1>")
	if s.Ready {
		b.WriteString(`<span class="state">● ready</span>`)
	} else {
		b.WriteString(`<span class="state bad">● not ready</span>`)
	}
	fmt.Fprintf(&b, `<span class="soft">%s, %s, up %s, node %s</span></header>`, text(s.Version), text(s.Go), long(time.Duration(s.UptimeSeconds*float64(time.Second))), text(s.Node))
	b.WriteString(`<div class="cards">`)
	for _, c := range [][2]string{
		{short(float64(s.Connections)), "connections"},
		{rate(s.Minute.Messages), "messages a second"},
		{rate(s.Minute.Deliveries), "deliveries a second"},
		{millis(s.Minute.P50), "delivery, half of them"},
		{millis(s.Minute.P99), "delivery, 99 of 100"},
	} {
		fmt.Fprintf(&b, "<div class=card><b>%s</b><span>%s</span></div>", c[0], c[1])
	}
	b.WriteString("</div><section><h2>The last hour, a second: <span class=key1>messages</span>, <span class=key2>deliveries</span></h2>")
	picture(&b, now, curve)
	b.WriteString("</section><div class=pair>")
	table(&b, "Errors", s.errorRows())
	table(&b, "Oldest record that can be read", s.ageRows(now))
	table(&b, "Store and work", s.workRows(now))
	table(&b, "Since the start", [][2]string{
		{"Messages", short(float64(s.Total.Messages))},
		{"Deliveries", short(float64(s.Total.Deliveries))},
		{"Connects", short(float64(s.Total.Connects))},
		{"Events of telemetry lost", warn(short(float64(s.Total.EventsLost)), s.Total.EventsLost > 0)},
	})
	b.WriteString("</div><p class=soft>The same for programs: <code>Accept: application/json</code>, and /metrics for Prometheus.</p></main></html>\n")
	return []byte(b.String())
}

// table writes a table of names and values, which are HTML.
func table(b *strings.Builder, title string, rows [][2]string) {
	fmt.Fprintf(b, "<section><h2>%s</h2><table>", title)
	for _, r := range rows {
		fmt.Fprintf(b, "<tr><th>%s<td>%s", r[0], r[1])
	}
	b.WriteString("</table></section>")
}

func (s *Status) errorRows() [][2]string {
	var rows [][2]string
	for _, code := range slices.Sorted(maps.Keys(s.Total.Errors)) {
		rows = append(rows, [2]string{text(nameOf(code)), fmt.Sprintf("%d in the last minute, %d in all", s.Minute.Errors[code], s.Total.Errors[code])})
	}
	if rows == nil {
		return [][2]string{{"None", ""}}
	}
	return rows
}

// nameOf is what the catalogue calls a number.
func nameOf(code string) string {
	for _, e := range wire.Catalogue {
		if strconv.Itoa(int(e.Code)) == code {
			return code + " " + e.Name
		}
	}
	return code
}

func (s *Status) ageRows(now time.Time) [][2]string {
	var rows [][2]string
	for _, o := range s.Oldest {
		value := "none"
		if o.At != nil {
			value = long(now.Sub(*o.At))
		}
		if o.ExcessSeconds > 0 {
			value = warn(value+", "+long(time.Duration(o.ExcessSeconds*float64(time.Second)))+" too old", o.Broken)
		}
		rows = append(rows, [2]string{text(o.Class), value})
	}
	if rows == nil {
		return [][2]string{{"None", ""}}
	}
	return rows
}

func (s *Status) workRows(now time.Time) [][2]string {
	rows := [][2]string{{"Memory", bytes(s.MemoryBytes)}, {"Goroutines", strconv.Itoa(s.Goroutines)}}
	if s.Store != nil {
		rows = append(rows, [2]string{"Data folder", bytes(s.Store.Used)}, [2]string{"Free beside it", bytes(s.Store.Free)})
	}
	if s.JobsWaiting != nil {
		rows = append(rows, [2]string{"Jobs waiting", strconv.Itoa(*s.JobsWaiting)})
	}
	for _, done := range []struct {
		what string
		at   *time.Time
	}{{"Telemetry summed up", s.Rolled}, {"Space given back", s.Reclaimed}} {
		if done.at != nil {
			rows = append(rows, [2]string{done.what, long(now.Sub(*done.at)) + " ago"})
		}
	}
	return rows
}

func text(s string) string { return html.EscapeString(s) }

// warn marks what somebody should look at.
func warn(value string, bad bool) string {
	if bad {
		return `<span class="bad">` + value + "</span>"
	}
	return value
}
