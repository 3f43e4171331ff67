package manage

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

var (
	inCode = regexp.MustCompile("`([^`]+)`")
	inBold = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// prose returns text of the document as HTML: `code` and **bold** are all that
// its Markdown has.
func prose(text string) string {
	text = inCode.ReplaceAllString(esc(text), "<code>$1</code>")
	return inBold.ReplaceAllString(text, "<b>$1</b>")
}

// route returns a path with its parameters marked.
func route(path string) string { return inPath.ReplaceAllString(esc(path), "<i>{$1}</i>") }

// anchor returns a name as the id of an element.
func anchor(name string) string { return strings.NewReplacer(" ", "-", ":", "-").Replace(esc(name)) }

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// fields shows the members of an object, and of those in it.
func (p *reference) fields(caption string, s *huma.Schema) {
	rows := p.rows("", s, 0)
	if len(rows) == 0 {
		return
	}
	p.f(`<details><summary>%s</summary><table><thead><tr><th>Member<th>Type<th>What it is<tbody>%s</table></details>`, caption, strings.Join(rows, ""))
}

func (p *reference) rows(at string, s *huma.Schema, depth int) (rows []string) {
	s = p.resolve(s)
	if s.Type == huma.TypeArray {
		s, at = p.resolve(s.Items), at+"[]."
	}
	if s.Type != huma.TypeObject || depth > 3 {
		return nil
	}
	needed := map[string]bool{}
	for _, name := range s.Required {
		needed[name] = true
	}
	for _, name := range properties(s) {
		member := p.resolve(s.Properties[name])
		what := prose(s.Properties[name].Description)
		if what == "" {
			what = prose(member.Description)
		}
		rows = append(rows, "<tr><td><code>"+esc(at+name)+"</code>"+required(needed[name])+"<td>"+p.typeOf(member)+"<td>"+what)
		below := at + name + "."
		if member.Type == huma.TypeArray {
			below = at + name
		}
		rows = append(rows, p.rows(below, member, depth+1)...)
	}
	return rows
}

func (p *reference) resolve(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return p.doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// typeOf names what a value is, or lists what it can be.
func (p *reference) typeOf(s *huma.Schema) string {
	name := s.Type
	switch {
	case len(s.Enum) > 0:
		var all []string
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				all = append(all, "<code>"+esc(text)+"</code>")
			}
		}
		return strings.Join(all, " ")
	case s.Type == huma.TypeArray:
		name = "array of " + p.resolve(s.Items).Type
	case s.Format == "date-time":
		name = "time"
	case s.Type == "":
		name = "any"
	}
	if s.Nullable {
		name += ", null"
	}
	return esc(name)
}
