package manage

import (
	"context"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tacet/core/account"
	"tacet/infra/httpapi/door"
)

// operation is what a route is, for the server and for the document.
type operation struct {
	id, method, path string
	tag, summary     string
	text             string         // what the summary leaves unsaid
	needs            account.Action // what a caller must be allowed to do; "" for what needs no permission
	body             any            // like the request's body; nil for none
	example          any            // of it
	query            []string       // parameters that there may be, names of parameters
	merge            bool           // the body is a merge patch
	once             bool           // takes an Idempotency-Key
	match            bool           // needs If-Match
	none             bool           // takes If-None-Match, for the answer has an ETag
	download         string         // the media type of an answer that is streamed
	answer           any            // like the answer in JSON, if it is streamed and may be JSON, too
	status           int            // when all goes well; zero is 200, or 204 without a body
	also             int            // another status when all goes well, with the same answer
	refusals         []int          // besides those that follow from the rest
}

// who says what an operation needs of its caller.
type who uint8

const (
	anybody who = iota
	person      // or a program: somebody that is known
	member      // of the account in the path
)

// public adds an operation for anybody.
func public[O any](s *server, op operation, do func(context.Context, *call) (*O, error)) {
	register(s, op, anybody, do)
}

// known adds an operation for somebody with a session or an access token.
func known[O any](s *server, op operation, do func(context.Context, *call) (*O, error)) {
	register(s, op, person, do)
}

// within adds an operation for a member of the account in the path.
func within[O any](s *server, op operation, do func(context.Context, *call, *account.Caller) (*O, error)) {
	register(s, op, member, func(ctx context.Context, c *call) (*O, error) {
		me, err := s.Accounts.In(ctx, c.principal, c.path("account"))
		if err != nil {
			return nil, err
		}
		c.noteMember(me)
		return do(ctx, c, me)
	})
}

// register adds a route. Who asks is found out before anything of the request
// is looked at.
func register[O any](s *server, op operation, needs who, do func(context.Context, *call) (*O, error)) {
	if op.body != nil {
		if s.bodies == nil {
			s.bodies = map[string]reflect.Type{}
		}
		s.bodies[op.id] = reflect.TypeOf(op.body)
	}
	door.Register(s.door, op.document(needs), func(ctx context.Context, d *door.Call, _ *door.Nothing) (*O, error) {
		c := &call{Call: d, s: s, op: &op}
		if needs != anybody {
			if err := c.authenticate(ctx); err != nil {
				return nil, err
			}
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		return do(ctx, c)
	})
}

// document returns what the OpenAPI document says of the operation.
func (op operation) document(needs who) huma.Operation {
	text := []string{op.text}
	refusals := append([]int{http.StatusBadRequest, http.StatusTooManyRequests, http.StatusServiceUnavailable}, op.refusals...)
	if needs != anybody {
		refusals = append(refusals, http.StatusUnauthorized, http.StatusForbidden)
	}
	if needs == member || strings.Count(op.path, "{") > 0 {
		refusals = append(refusals, http.StatusNotFound)
	}
	if op.body != nil {
		refusals = append(refusals, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.once {
		refusals = append(refusals, http.StatusConflict)
	}
	if op.match {
		refusals = append(refusals, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	}
	slices.Sort(refusals)
	d := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Tags: []string{op.tag}, Summary: op.summary,
		DefaultStatus: op.status, Responses: door.Refusals(slices.Compact(refusals)...), Extensions: map[string]any{},
	}
	if op.download != "" {
		d.Responses["200"] = &huma.Response{
			Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{op.download: {}},
		}
	}
	if op.none {
		d.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
	}
	if op.needs != "" {
		text = append(text, needsText+string(op.needs)+"`, which these roles have: "+rolesOf(op.needs)+".")
		d.Extensions["x-permission"] = op.needs
		d.Extensions["x-roles"] = rolesWith(op.needs)
	}
	if needs != anybody {
		d.Security = []map[string][]string{{sessionScheme: {}}, {accessScheme: {}}, {cookieScheme: {}}}
	}
	if op.body != nil {
		var also []string
		if op.merge {
			also = append(also, mergeType)
		}
		d.Metadata = door.BodyDoc(op.body, op.example, also...)
	}
	if op.answer != nil {
		d.Metadata = door.Answer(d.Metadata, op.answer)
	}
	if op.also != 0 {
		d.Metadata = door.Also(d.Metadata, op.also)
	}
	d.Description = strings.TrimSpace(strings.Join(text, " "))
	d.Parameters = op.parameters()
	return d
}

// needsText begins the sentence that says who may; it is the last one.
const needsText = "Needs `"

const mergeType = "application/merge-patch+json"

func rolesWith(a account.Action) (roles []account.Role) {
	for _, r := range account.Roles {
		if r.May(a) {
			roles = append(roles, r)
		}
	}
	return roles
}

func rolesOf(a account.Action) string {
	names := make([]string, 0, len(account.Roles))
	for _, r := range rolesWith(a) {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// parameters returns what the operation takes in path, query and headers.
func (op operation) parameters() (all []*huma.Param) {
	for _, name := range inPath.FindAllStringSubmatch(op.path, -1) {
		all = append(all, parameter("path", name[1], true))
	}
	for _, name := range op.query {
		all = append(all, parameter("query", name, false))
	}
	if op.once {
		all = append(all, parameter("header", onceHeader, false))
	}
	if op.match {
		all = append(all, parameter("header", "If-Match", true))
	}
	if op.none {
		all = append(all, parameter("header", "If-None-Match", false))
	}
	return all
}
