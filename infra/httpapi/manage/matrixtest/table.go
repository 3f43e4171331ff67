package matrixtest

import (
	_ "embed"
	"fmt"
	"strings"
)

// matrix is what is expected.
//
//go:embed matrix.txt
var matrix string

// table is statuses by route, row and caller. A status may be several, with |
// between them, where platforms differ.
type table map[string]map[string]map[string]string

// parse reads a table.
func parse(text string) (table, error) {
	all, route := table{}, ""
	for n, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] != ' ':
			route = line
			if all[route] != nil {
				return nil, fmt.Errorf("line %d: %s stands there twice", n+1, route)
			}
			all[route] = map[string]map[string]string{}
		default:
			name, cells := strings.TrimSpace(line[:min(len(line), rowWidth)]), strings.Fields(line[min(len(line), rowWidth):])
			if route == "" || len(cells) != len(callers) || all[route][name] != nil {
				return nil, fmt.Errorf("line %d: a row has a name of its own and %d statuses", n+1, len(callers))
			}
			all[route][name] = map[string]string{}
			for i, status := range cells {
				all[route][name][callers[i]] = status
			}
		}
	}
	return all, nil
}

const (
	rowWidth  = 26
	cellWidth = 10
)

const head = `# What each route answers, by who asks (see doc.go and world.go) and by what with. Written by
# go test ./infra/httpapi/manage -run Matrix -update; read the diff. What platforms differ in has | between.
`

// heading is the line above the statuses.
func heading() string {
	line := fmt.Sprintf("#%*s", rowWidth-1, "")
	for _, name := range callers {
		line += fmt.Sprintf("%-*s", cellWidth, name)
	}
	return strings.TrimRight(line, " ") + "\n"
}

// write writes a row.
func writeRow(name string, statuses map[string]string) string {
	line := fmt.Sprintf("  %-*s", rowWidth-2, name)
	for _, caller := range callers {
		line += fmt.Sprintf("%-*s", cellWidth, statuses[caller])
	}
	return strings.TrimRight(line, " ") + "\n"
}
