package telemetry

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tacet/core/privacy"
)

// TopicTable is what the messages on topics came to.
type TopicTable struct {
	Rows  []TopicRow `json:"rows" nullable:"false" doc:"Those with the most messages first."`
	Other TopicRest  `json:"other" doc:"All other topics together."`
	Short int64      `json:"short" doc:"A topic may have had up to so many messages more than is told; they are in other. 0 as long as there were no more than 256 topics on a day."`
}

// TopicRow is a topic.
type TopicRow struct {
	Topic privacy.RecordedTopic `json:"topic" doc:"As it was recorded: priv/* for all private ones; ~ and a keyed hash if the application hides names." example:"chat"`
	TopicRest
}

// TopicRest is what messages came to.
type TopicRest struct {
	Messages   int64 `json:"messages"`
	Deliveries int64 `json:"deliveries"`
	Bytes      int64 `json:"bytes"`
}

// CountryTable is where connections came from.
type CountryTable struct {
	Rows  []CountryRow `json:"rows" nullable:"false" doc:"Those with the most connections first."`
	Other CountryRest  `json:"other" doc:"All other countries together."`
}

// CountryRow is a country.
type CountryRow struct {
	Country string `json:"country" doc:"Its code (ISO 3166-1 alpha-2); unknown where no network edge told." example:"DE"`
	CountryRest
}

// CountryRest is what connections came to.
type CountryRest struct {
	Connections int64 `json:"connections" doc:"Opened."`
}

// CodeTable is what was refused.
type CodeTable struct {
	Rows  []CodeErrors `json:"rows" nullable:"false" doc:"The most frequent codes first."`
	Other CodeRest     `json:"other" doc:"All other codes together."`
}

// CodeRest is how much was refused.
type CodeRest struct {
	Errors int64 `json:"errors"`
}

// UnknownCountry stands where no edge told the country.
const UnknownCountry = "unknown"

func nameOf(c privacy.Country) string { return cmp.Or(string(c), UnknownCountry) }

// table is what is told of groups on a day, or on several.
type table struct {
	start, last time.Time // the first day, and the last
	rows        map[string]counts
	rest        counts
	short       int64
}

func newTable(start time.Time, shown []cell, total counts, short int64) table {
	t := table{start, start, map[string]counts{}, total, short}
	for _, c := range shown {
		t.rows[c.name] = c.counts
		t.rest.add(c.counts, -1)
	}
	return t
}

func (t table) end() time.Time { return t.last.Add(time.Duration(Daily)) }

// merged returns the sum of tables of days that follow each other.
func merged(all []table) table {
	sum := newTable(time.Time{}, nil, counts{}, 0)
	for i, t := range all {
		if i == 0 {
			sum.start = t.start
		}
		sum.last = t.start
		sum.rest.add(t.rest, 1)
		sum.short += t.short
		for name, c := range t.rows {
			row := sum.rows[name]
			row.add(c, 1)
			sum.rows[name] = row
		}
	}
	return sum
}

// first returns the largest groups, limit at most, and all others together.
func (t table) first(limit int) ([]cell, counts) {
	rest := t.rest
	all := make([]cell, 0, len(t.rows))
	for _, name := range slices.Sorted(maps.Keys(t.rows)) {
		all = append(all, cell{name: name, counts: t.rows[name]})
	}
	slices.SortStableFunc(all, func(a, b cell) int { return cmp.Compare(b.events, a.events) })
	for _, c := range all[min(limit, len(all)):] {
		rest.add(c.counts, 1)
	}
	return all[:min(limit, len(all))], rest
}

func (t table) topics(limit int) *TopicTable {
	rows, rest := t.first(limit)
	all := &TopicTable{make([]TopicRow, len(rows)), TopicRest{rest.events, rest.deliveries, rest.bytes}, t.short}
	for i, c := range rows {
		all.Rows[i] = TopicRow{privacy.RecordedTopic(c.name), TopicRest{c.events, c.deliveries, c.bytes}}
	}
	return all
}

func (t table) countries(limit int) *CountryTable {
	rows, rest := t.first(limit)
	all := &CountryTable{make([]CountryRow, len(rows)), CountryRest{rest.events}}
	for i, c := range rows {
		all.Rows[i] = CountryRow{c.name, CountryRest{c.events}}
	}
	return all
}

// codeTable returns the first of codes, and all others together.
func codeTable(all []CodeErrors, limit int) *CodeTable {
	t := &CodeTable{Rows: all[:min(limit, len(all))]}
	for _, x := range all[len(t.Rows):] {
		t.Other.Errors += x.Errors
	}
	return t
}
