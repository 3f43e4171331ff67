package infra_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// rule says what some rooms must not reach, and why. A name stands for the room and all that is below it, or for a
// module and its packages.
type rule struct {
	from    []string // these rooms
	except  []string // but not these of them
	not     []string // must not reach these
	but     []string // except for these
	direct  bool     // only their own imports count, not what is reached through others
	because string
}

var (
	everything = []string{"core", "infra", "functions"}
	awsSDK     = []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}
	stores     = []string{"infra/dynamo", "infra/poster", "infra/vault", "infra/embedded"}

	// What runs, or is linked into what runs, in somebody's AWS account.
	deployed = []string{
		"core", "functions", "infra/apigw", "infra/config", "infra/console", "infra/dynamo", "infra/entry",
		"infra/httpapi", "infra/invoke", "infra/jwks", "infra/logging", "infra/metrics", "infra/oidc", "infra/parcel", "infra/platform", "infra/poster",
		"infra/sigv4", "infra/vault",
	}
	// What holds every part together in one process, or tries them out there.
	hosts = []string{"infra/canary/atrest", "infra/canary/doctor", "infra/local/stack", "infra/local/standalone", "infra/scenario", "infra/tacet"}
)

var rules = []rule{
	{from: []string{"core"}, not: append([]string{"infra", "functions", "github.com/aws"}, awsSDK...), because: "core decides and would still be true if AWS vanished"},
	{from: everything, not: []string{"functions"}, because: "a function only says which handler a binary is; nobody else needs to know"},
	{
		from: []string{"functions"}, direct: true, not: everything, but: []string{"infra/entry", "infra/platform"},
		because: "a main that wires is a main without a test",
	},
	{
		from: []string{"infra/entry", "infra/httpapi", "infra/console"}, not: slices.Concat(awsSDK, stores),
		because: "they translate between the outside and core; what core calls is the platform's business",
	},
	{from: []string{"infra/dynamo"}, not: []string{"infra/poster", "infra/vault", "infra/embedded"}, because: "adapters know core, not one another"},
	{from: []string{"infra/poster"}, not: []string{"infra/dynamo", "infra/vault", "infra/embedded"}, because: "adapters know core, not one another"},
	{from: []string{"infra/vault"}, not: []string{"infra/dynamo", "infra/poster", "infra/embedded"}, because: "adapters know core, not one another"},
	{from: []string{"infra/embedded"}, not: []string{"infra/dynamo", "infra/poster", "infra/vault"}, because: "adapters know core, not one another"},
	{
		from: []string{"infra/apigw"}, not: everything, but: []string{"infra/apigw"},
		because: "it is the language of gateway and entry, and both must be able to change without it",
	},
	{
		from: []string{"infra/sigv4"}, not: everything, but: []string{"infra/sigv4"},
		because: "it signs, whatever is signed",
	},
	{
		from: []string{"infra/invoke"}, not: everything, but: []string{"infra/invoke", "infra/sigv4"},
		because: "it invokes other people's functions as well",
	},
	{
		from: []string{"infra/parcel"}, not: []string{"infra", "functions", "github.com/aws"}, but: []string{"infra/parcel"},
		because: "it is the language of poster and entry, which must not know one another",
	},
	{
		from: []string{"infra/oidc"}, not: []string{"infra", "functions", "github.com/aws"}, but: []string{"infra/oidc"},
		because: "it signs people in, whoever serves the pages and whatever the host",
	},
	{
		from: []string{"infra/canary"}, except: []string{"infra/canary/atrest", "infra/canary/doctor", "infra/canary/paths"}, not: everything, but: []string{"infra/canary"},
		because: "it makes markers and finds them, whatever they were sent through",
	},
	{
		from: []string{"infra/canary/paths"}, not: []string{"infra/local", "infra/embedded", "infra/dynamo", "infra/entry", "infra/httpapi", "infra/platform", "infra/vault", "infra/canary/atrest"},
		because: "it is a stranger to the platform, and knows no more than its address",
	},
	{
		from: []string{"infra/local/socket"}, not: everything, but: []string{"infra/local/socket"},
		because: "it speaks RFC 6455 and knows nothing of API Gateway or of us",
	},
	{
		from: []string{"infra/local/gateway"}, not: everything, but: []string{"infra/apigw", "infra/local/gateway", "infra/local/iam", "infra/local/signature", "infra/local/socket", "infra/sigv4"},
		because: "it imitates API Gateway, for which a handler is a value with Invoke; it serves other people's functions as well",
	},
	{
		from: []string{"infra/local/kms"}, not: everything, but: []string{"infra/local/kms"},
		because: "it imitates KMS, and knows nothing of what is encrypted",
	},
	{
		from: []string{"infra/local/stream"}, not: everything, but: []string{"infra/local/stream", "infra/sigv4"},
		because: "it imitates event source mappings, for which a function is a value with Invoke; it feeds other people's functions as well",
	},
	{
		from: []string{"infra/local/runtime"}, not: everything, but: []string{"infra/local/runtime"},
		because: "it imitates Lambda, for which a function is a folder; it runs other people's functions as well",
	},
	{
		from: []string{"infra/local/template"}, not: everything, but: []string{"infra/local/iam", "infra/local/template"},
		because: "it knows what AWS's templates say, not what ours is for; it reads other people's as well",
	},
	{
		from: []string{"infra/local/apihost"}, not: everything,
		but: []string{
			"infra/apigw", "infra/local/apihost", "infra/local/dynamodb", "infra/local/gateway", "infra/local/iam", "infra/local/kms", "infra/local/runtime",
			"infra/local/signature", "infra/local/socket", "infra/local/template", "infra/sigv4",
		},
		because: "it serves anybody's template, and nothing of Tacet is in most of them",
	},
	{
		from: deployed, except: []string{"infra/dynamo/dynamotest"}, not: []string{"infra/local", "infra/load", "infra/embedded", "infra/estimate", "infra/scenario", "infra/tacet"},
		because: "what only one machine needs must not make a Lambda start slower",
	},
	{
		from: deployed, except: []string{"infra/dynamo/dynamotest"}, not: []string{"github.com/prometheus", "go.opentelemetry.io"},
		because: "nobody scrapes a Lambda, and what batches figures and spans makes it larger and start slower",
	},
	{
		from: []string{"infra/metrics"}, not: []string{"infra", "functions", "github.com"}, but: []string{"infra/metrics", "github.com/golang-jwt", "github.com/jedisct1"},
		because: "it counts, whoever shows the figures; functions and the host on one machine share it",
	},
	{
		from: everything, except: slices.Concat(hosts, []string{"infra/embedded"}), not: slices.Concat(hosts, []string{"infra/embedded"}),
		because: "only the hosts know everything, and nobody knows them",
	},
	{
		from: []string{"functions", "infra/tacet"}, not: []string{"testing", "core/pubsub/pubsubtest"},
		because: "a test suite inside a program brings its flags and its weight",
	},
}

// graph says what each room imports, tests apart.
type graph map[string][]string

func graphOf(sources []source) graph {
	g := graph{}
	for _, s := range sources {
		if !s.test() {
			g[s.room()] = append(g[s.room()], s.imports()...)
		}
	}
	return g
}

// violations returns the shortest forbidden way out of each room that breaks the rule.
func (r rule) violations(g graph) []string {
	var found []string
	for _, room := range slices.Sorted(maps.Keys(g)) {
		if !within(room, r.from) || within(room, r.except) {
			continue
		}
		if way := g.way(room, r); way != nil {
			found = append(found, strings.Join(way, " → ")+": "+r.because)
		}
	}
	return found
}

// way returns how the room reaches what the rule forbids, or nil.
func (g graph) way(room string, r rule) []string {
	from := map[string]string{room: ""}
	for queue := []string{room}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if _, seen := from[next]; seen {
				continue
			}
			from[next] = queue[0]
			if within(next, r.not) && !within(next, r.but) {
				way := []string{next}
				for at := queue[0]; at != ""; at = from[at] {
					way = slices.Insert(way, 0, at)
				}
				return way
			}
			if !r.direct {
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func within(p string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") })
}

func TestNoArrowPointsTheWrongWay(t *testing.T) {
	g := graphOf(readModule(t))
	for _, r := range rules {
		for _, v := range r.violations(g) {
			t.Error(v)
		}
	}
}

// Every rule must go red for every pair that it names, through a third room as well, and must let pass what it excepts.
func TestPlantedArrowsAreSeen(t *testing.T) {
	for _, r := range rules {
		for _, from := range r.from {
			for _, not := range r.not {
				source, target, middle := from+"/source", not+"/target", "infra/apigw/middle"
				if got := r.violations(graph{source: {target}}); len(got) != 1 {
					t.Errorf("%s → %s was not seen: %s", source, target, r.because)
				}
				if got := r.violations(graph{source: {middle}, middle: {target}}); len(got) == 0 && !r.direct {
					t.Errorf("%s → %s → %s was not seen: %s", source, middle, target, r.because)
				}
				if got := r.violations(graph{source: {from + "/sibling", "fmt"}, "nowhere": {target}}); len(got) != 0 && !within(from, r.not) {
					t.Errorf("innocent, and accused: %s", got)
				}
			}
			for _, but := range r.but {
				if got := r.violations(graph{from + "/planted": {but}}); len(got) != 0 {
					t.Errorf("excepted, and accused: %s", got)
				}
			}
		}
		for _, except := range r.except {
			if got := r.violations(graph{except: {r.not[0]}}); len(got) != 0 {
				t.Errorf("excepted, and accused: %s", got)
			}
		}
	}
}

// A rule about a room that does not exist is a rule with a misspelt name, or one about a room yet to be built.
func TestRulesNameRoomsThatExist(t *testing.T) {
	planned := []string{"infra/console"}
	for _, r := range rules {
		for _, room := range slices.Concat(r.from, r.except, r.not, r.but) {
			if !within(room, everything) || slices.Contains(planned, room) {
				continue
			}
			if info, err := os.Stat("../" + room); err != nil || !info.IsDir() {
				t.Errorf("there is no room %s", room)
			}
		}
	}
}
