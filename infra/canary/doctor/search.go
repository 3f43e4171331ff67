package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tacet/infra/canary"
	"tacet/infra/canary/atrest"
)

// Sorts of places, besides those of package atrest.
const (
	sortLog       = "log and crash output"
	sortTemporary = "temporary file"
	sortWork      = "file where it ran (core files)"
	sortSpan      = "what came over OTLP"
	sortMetric    = "metrics and status"
	sortExport    = "download of another account"
)

// personal are the markers that an account holds, sealed.
var personal = []canary.Role{canary.Email, canary.Invited, canary.Name, canary.Label}

// declarations say where markers may be.
func declarations() []canary.Declaration {
	const sealed = "account data, sealed with the account's own key (promise 2)"
	const connected = "who is connected, and to what, for as long as it is: a record with a TTL, of which nothing is backed up"
	connection := []canary.Role{canary.Subject, canary.BlindTopic, canary.PrivTopic}
	return []canary.Declaration{
		{Sort: atrest.Sealed, Within: "o#", Roles: personal, Because: sealed},
		{Sort: atrest.BackedUp, Within: "o#", Roles: personal, Because: sealed},
		{Sort: atrest.OpenItem, Within: "o#", Roles: personal, Because: sealed},
		{Sort: atrest.Item, Within: "RealtimeTable ", Roles: connection, Because: connected},
		{Sort: atrest.TableFile, Within: "", Roles: connection, Because: connected},
	}
}

// search looks for all markers in all that there is.
func (x *examination) search(ctx context.Context) error {
	markers := slices.Concat(x.markers.All(), x.tokens)
	for _, p := range x.planted {
		markers = append(markers, p.marker)
	}
	s := canary.NewSearcher(markers, declarations()...)
	x.tell("searching: logs, temporary files, traces, metrics, downloads")
	err := errors.Join(
		s.Files(sortLog, x.logs(), false, nil),
		s.Files(sortTemporary, x.temporary(), false, nil),
		s.Files(sortWork, x.work(), false, nil),
		x.spans.search(s),
	)
	for path, text := range x.metrics {
		s.Bytes(canary.Place{Sort: sortMetric, Name: path, Look: "curl http://…" + path}, text)
	}
	if len(x.metrics) == 0 {
		s.Note(sortMetric, "this platform serves none")
	}
	if x.export != nil {
		s.Bytes(canary.Place{Sort: sortExport, Name: "ZIP", Look: "tacet account export"}, x.export)
	}
	x.tell("searching: what is kept")
	if x.AWS {
		err = errors.Join(err, x.searchTables(ctx, s))
	} else {
		err = errors.Join(err, atrest.Folder(ctx, s, x.data(), x.scratch()))
	}
	for _, file := range x.backups {
		err = errors.Join(err, atrest.Backedup(ctx, s, file, x.data(), x.scratch()))
	}
	x.report.Searched = s.Searched()
	x.conclude(s.Hits())
	if err != nil {
		return fmt.Errorf("not everything could be searched: %w", err)
	}
	return nil
}

// conclude sorts what was found, and finds out whether what has to be there was
// found too.
func (x *examination) conclude(hits []canary.Hit) {
	for _, p := range x.planted {
		i := slices.IndexFunc(hits, func(h canary.Hit) bool { return h.Role == p.marker.Role && h.Sort == p.sort })
		done := Planting{In: p.in, As: p.as, Found: i >= 0}
		if i >= 0 {
			done.Where = hits[i].Sort + ": " + hits[i].Name
		}
		x.report.Planted = append(x.report.Planted, done)
		hits = slices.DeleteFunc(hits, func(h canary.Hit) bool { return h.Role == p.marker.Role })
	}
	x.report.take(hits)
	for _, role := range personal {
		there := slices.ContainsFunc(x.report.Declared, func(h canary.Hit) bool {
			return h.Role == role && (h.Sort == atrest.Sealed || h.Sort == atrest.OpenItem)
		})
		if !there {
			x.report.problem("the %s of an account was not found where it is kept, sealed: the search is blind there", role)
		}
	}
}
