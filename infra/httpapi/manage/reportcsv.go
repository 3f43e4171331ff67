package manage

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"tacet/core/telemetry"
)

// otherGroups is what all other groups are called in CSV: no topic, country or
// code can be called so.
const otherGroups = "(other)"

// writeCSV writes a report as a table (RFC 4180).
func writeCSV(w io.Writer, r telemetry.Report) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head, lines := table(r)
	for _, line := range append([][]string{append([]string{"start", "end"}, head...)}, lines...) {
		for i := range line {
			line[i] = harmless(line[i])
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless returns a cell that no spreadsheet takes for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// table returns the names of the columns behind those of the times, and lines.
func table(r telemetry.Report) (head []string, lines [][]string) {
	switch r.By {
	case telemetry.PerTopic:
		head = []string{"topic", "messages", "deliveries", "bytes"}
	case telemetry.PerCountry:
		head = []string{"country", "connections"}
	case telemetry.PerCode:
		head = []string{"code", "errors"}
	default:
		head = []string{
			"messages", "deliveries", "bytes", "delivered_bytes", "connections", "disconnections", "errors", "open_at_most",
			"clients", "clients_error", "delivery_p50_micros", "delivery_p90_micros", "delivery_p99_micros", "delivery_max_micros",
		}
	}
	for _, p := range r.Points {
		for _, row := range rowsOf(p) {
			lines = append(lines, append([]string{p.Start.Format(time.RFC3339), p.End.Format(time.RFC3339)}, row...))
		}
	}
	return head, lines
}

// rowsOf returns the lines of a point.
func rowsOf(p telemetry.Point) (rows [][]string) {
	switch {
	case p.Topics != nil:
		add := func(name string, x telemetry.TopicRest) {
			rows = append(rows, append([]string{name}, numbers(x.Messages, x.Deliveries, x.Bytes)...))
		}
		for _, x := range p.Topics.Rows {
			add(string(x.Topic), x.TopicRest)
		}
		add(otherGroups, p.Topics.Other)
	case p.Countries != nil:
		for _, x := range p.Countries.Rows {
			rows = append(rows, append([]string{x.Country}, numbers(x.Connections)...))
		}
		rows = append(rows, append([]string{otherGroups}, numbers(p.Countries.Other.Connections)...))
	case p.Codes != nil:
		for _, x := range p.Codes.Rows {
			rows = append(rows, numbers(int64(x.Code), x.Errors))
		}
		rows = append(rows, append([]string{otherGroups}, numbers(p.Codes.Other.Errors)...))
	case p.Figures != nil:
		rows = append(rows, figures(p.Figures))
	}
	return rows
}

// figures returns the cells of a summary; what is not known is empty.
func figures(s *telemetry.Summary) []string {
	cells := numbers(s.Messages, s.Deliveries, s.Bytes, s.DeliveredBytes, s.Connections, s.Disconnections, s.Errors)
	if s.OpenAtMost == nil {
		cells = append(cells, "")
	} else {
		cells = append(cells, numbers(*s.OpenAtMost)...)
	}
	cells = append(cells, numbers(s.Clients, s.ClientsError)...)
	if t := s.DeliveryMicros; t != nil {
		return append(cells, numbers(t.P50, t.P90, t.P99, t.Max)...)
	}
	return append(cells, "", "", "", "")
}

func numbers(all ...int64) []string {
	cells := make([]string, len(all))
	for i, n := range all {
		cells[i] = strconv.FormatInt(n, 10)
	}
	return cells
}
