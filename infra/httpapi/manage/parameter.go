package manage

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/core/directory"
	"tacet/core/fault"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

// kind is a parameter's description, form and example.
type kind struct{ text, pattern, example string }

const (
	id32 = "^[0-9a-f]{32}$"
	id16 = "^[0-9a-f]{16}$"
	some = "0123456789abcdef0123456789abcdef"

	onceHeader = "Idempotency-Key"
)

// kinds are the parameters that there are.
var kinds = map[string]kind{
	"account":    {"The account's id.", id32, some},
	"member":     {"The member's id in this account.", id32, some},
	"invitation": {"The invitation's id.", id32, some},
	"events":     {"End after so many events.", "^[1-9][0-9]{0,3}$", "10"},
	"app":        {"The application's id.", id32, some},
	"key":        {"The verification key's id.", id16, "0123456789abcdef"},
	"token":      {"The access token's id.", id32, some},
	"request":    {"The id of the request for a download or a deletion.", id32, some},

	"limit":     {"How many items at most: 1 to 100; 20 without.", "^([1-9][0-9]?|100)$", "50"},
	"from":      {"When the report begins: a date, from its midnight in zone on, or an instant (RFC 3339). Six days before to without.", "^[0-9A-Za-z:.+-]{1,40}$", "2026-03-01"},
	"to":        {"When it ends: a date, with all of that day, or an instant, which is not in the report any more. Now without.", "^[0-9A-Za-z:.+-]{1,40}$", "2026-03-31"},
	"step":      {"How long its points are: minute, hour, day, month or total; day without, or total by topic or country.", "^(minute|hour|day|month|total)$", "day"},
	"by":        {"What it is divided by: topic, country or code. Without, figures are of everything together.", "^(topic|country|code)$", "topic"},
	"zone":      {"Where days begin at midnight, by its name in the IANA database, such as Europe/Berlin; UTC without.", "^[A-Za-z0-9_+/-]{1,64}$", "UTC"},
	"format":    {"json or csv; without, what Accept says, or json.", "^(json|csv)$", "csv"},
	"cursor":    {"Where to go on: next of the answer before.", "^[!-~]{1,512}$", ""},
	"after":     {"Where to go on; the answer before has it in its Link header.", "^[!-~]{1,512}$", ""},
	"vault":     {"true takes the vault of data keys along: whoever has the backup and the key can then read what is deleted later.", "^(true|false)$", "false"},
	"port":      {"Where a command on the browser's machine listens, on loopback: it gets the code then.", "^[1-9][0-9]{0,4}$", "49152"},
	"challenge": {"The command's code challenge (S256, RFC 7636), with port.", "^[A-Za-z0-9_-]{43}$", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
	"code":      {"The issuer's.", "^[!-~]+$", ""},
	"state":     {"What the issuer was sent.", "^[!-~]{1,512}$", ""},
	"error":     {"Why the issuer signs nobody in.", "^[ -~]{1,512}$", ""},

	"error_description": {"The same, for people.", "^[ -~]*$", ""},
	"iss":               {"Which issuer it is (RFC 9207).", "^[!-~]{1,512}$", ""},
	"session_state":     {"Not used.", "^[!-~]{1,512}$", ""},

	onceHeader:      {"Makes repeating harmless: within a day the same key makes one thing only. 1 to 255 printable characters.", "^[!-~]([ -~]{0,253}[!-~])?$", "5c6f0c1e-create-shop"},
	"If-Match":      {"The ETag that was read; * takes any version.", `^(\*|"[!#-~]{1,64}")$`, `"3f9c"`},
	"If-None-Match": {"An ETag that was read: the answer is 304 if nothing has changed.", "", `"3f9c"`},
}

func parameter(in, name string, required bool) *huma.Param {
	k := kinds[name]
	schema := &huma.Schema{Type: huma.TypeString, Pattern: k.pattern}
	if k.example != "" {
		schema.Examples = []any{k.example}
	}
	return &huma.Param{Name: name, In: in, Required: required, Description: k.text, Schema: schema}
}

// forms are the patterns of kinds, compiled when first used: a program that
// serves two requests has no use for most of them.
var forms = lazy(func(name string) *regexp.Regexp { return regexp.MustCompile(kinds[name].pattern) })

// checkPath returns nil if the ids in the path are ones that could exist.
func (c *call) checkPath() error {
	for _, name := range inPath.FindAllStringSubmatch(c.op.path, -1) {
		if !forms(name[1]).MatchString(c.path(name[1])) {
			return door.Invalid("the id of the " + name[1] + " is malformed: it looks like " + kinds[name[1]].example)
		}
	}
	return nil
}

// checkQuery returns nil if the query has parameters of the operation only, each
// once and in its form.
func (c *call) checkQuery() error {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return door.Invalid("the query is malformed")
	}
	for name, v := range values {
		switch {
		case !slices.Contains(c.op.query, name) && len(c.op.query) == 0:
			return door.Invalid("the parameter " + quote(name) + " is not known here: there are none")
		case !slices.Contains(c.op.query, name):
			return door.Invalid("the parameter " + quote(name) + " is not known here; there are " + strings.Join(c.op.query, ", "))
		case len(v) != 1 || !forms(name).MatchString(v[0]):
			return door.Invalid(name + " is malformed, or there twice: " + kinds[name].text)
		}
	}
	c.query = values
	return nil
}

// page returns which part of a list is asked for.
func (c *call) page() account.Page {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil {
		limit = 0
	}
	return account.Page{After: c.query.Get("cursor"), Limit: limit}
}

var pageQuery = []string{"limit", "cursor"}

// once returns the idempotency key, "" for none.
func (c *call) once() (string, error) {
	values := c.Request.Header.Values(onceHeader)
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1 || !forms(onceHeader).MatchString(values[0]):
		return "", door.Invalid(onceHeader + " must be one key of 1 to 255 printable characters")
	}
	return values[0], nil
}

// match returns the version that If-Match names, account.AnyVersion for *.
func (c *call) match() (directory.Version, error) {
	values := c.Request.Header.Values("If-Match")
	switch {
	case len(values) == 0:
		return "", &fault.Error{
			Kind: fault.Invalid, Code: wire.CodePreconditionRequired,
			Text: "say which version is to be changed: send If-Match with the ETag that you read, or If-Match: * for any",
		}
	case len(values) == 1 && strings.TrimSpace(values[0]) == "*":
		return account.AnyVersion, nil
	case len(values) > 1 || !forms("If-Match").MatchString(values[0]):
		return "", door.Invalid(`If-Match must be one ETag in quotes, such as "3f9c", or *`)
	}
	return directory.Version(strings.Trim(values[0], `"`)), nil
}

// changed returns err as an answer to a request with If-Match: what was to be
// changed had another version.
func changed(err error) error {
	if !isConflict(err) {
		return err
	}
	return &fault.Error{
		Kind: fault.Conflict, Code: wire.CodePreconditionFailed, Cause: err,
		Text: "somebody has changed this since you read it: read it again and decide anew",
	}
}

// isConflict reports whether what was to be changed had another version. Other
// conflicts, such as that of the last owner, are none.
func isConflict(err error) bool { return errors.Is(err, directory.ErrConflict) }

func etag(v directory.Version) string {
	if v == "" {
		return ""
	}
	return `"` + string(v) + `"`
}

// fresh returns notModified if the client has the version that the ETag names.
func (c *call) fresh(tag string) error {
	if !c.op.none {
		return nil
	}
	for _, line := range c.Request.Header.Values("If-None-Match") {
		for known := range strings.SplitSeq(line, ",") {
			if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); tag != "" && (known == tag || known == "*") {
				return notModified(tag)
			}
		}
	}
	return nil
}

// notModified is an answer without a body (RFC 9110 §15.4.5), and huma's way of
// giving it. It holds the ETag.
type notModified string

// Error says what the status does.
func (notModified) Error() string { return http.StatusText(http.StatusNotModified) }

// GetStatus returns the HTTP status.
func (notModified) GetStatus() int { return http.StatusNotModified }

// GetHeaders returns the ETag.
func (n notModified) GetHeaders() http.Header { return http.Header{"Etag": {string(n)}} }
