package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tacet/core/telemetry"
	"tacet/infra/logging"
)

// Function is every setting of the functions. A function has the fields whose
// tag by names it, and those without that tag; the others are zero. What the
// tag from says sets the variable: the template, if there is none; Lambda; or a
// host that is one machine, and then the template must not have it. One without
// a default must be set; an empty variable is one that is not.
//
// The names without TACET_ are those that AWS's own tools and clients use, so
// that whoever runs the functions elsewhere can say where things are there.
type Function struct {
	Region       string `env:"AWS_REGION" from:"lambda" help:"The region that requests are signed for."`
	KeyID        string `env:"AWS_ACCESS_KEY_ID" from:"lambda" help:"The credentials of the function's role, valid for as long as the process."`
	SecretKey    string `env:"AWS_SECRET_ACCESS_KEY" from:"lambda" help:"Their secret."`
	SessionToken string `env:"AWS_SESSION_TOKEN" from:"lambda" default:"" help:"Their session. Credentials of a person have none."`

	LogLevel string `env:"TACET_LOG_LEVEL" default:"info" help:"What to log: debug, info, warn or error. No level logs a message, a token or an address."`
	Metrics  bool   `env:"TACET_METRICS" default:"true" help:"Write what was counted in an invocation as a line of the log, of which CloudWatch makes metrics."`
	Node     string `env:"TACET_NODE" by:"connect welcome disconnect subscribe publish fallback api expire manage erase" help:"What telemetry says carried a message: region/api/stage."`

	DynamoDB       string `env:"AWS_ENDPOINT_URL_DYNAMODB" default:"" by:"connect welcome disconnect subscribe publish fallback api rollup expire manage erase" help:"Where DynamoDB is, if not at the region's own address."`
	RealtimeTable  string `env:"TACET_REALTIME_TABLE" by:"connect welcome disconnect subscribe publish fallback api expire manage erase" help:"The table of connections, subscriptions and the secrets of days."`
	TelemetryTable string `env:"TACET_TELEMETRY_TABLE" by:"connect welcome disconnect subscribe publish fallback api rollup manage erase" help:"The table of events, and of what they add up to."`
	DirectoryTable string `env:"TACET_DIRECTORY_TABLE" by:"connect welcome disconnect subscribe publish fallback api manage erase" help:"The table of accounts and applications."`
	VaultTable     string `env:"TACET_VAULT_TABLE" by:"connect fallback api manage erase" help:"The table of the data keys that what is personal is sealed with."`
	LedgerTable    string `env:"TACET_LEDGER_TABLE" by:"manage erase" help:"The table of administrative requests."`

	Lambda          string `env:"AWS_ENDPOINT_URL_LAMBDA" default:"" by:"connect publish api manage" help:"Where Lambda is, if not at the region's own address."`
	WelcomeFunction string `env:"TACET_WELCOME_FUNCTION" by:"connect" help:"The function that greets who has connected, by name or ARN."`
	FanoutFunction  string `env:"TACET_FANOUT_FUNCTION" by:"publish api" help:"The function that posts a part of a large audience's frames."`
	FanoutThreshold int    `env:"TACET_FANOUT_THRESHOLD" default:"2000" by:"publish api" help:"How many connections a function posts to by itself. What is for more goes out in parts, by way of fanout."`
	EraseFunction   string `env:"TACET_ERASE_FUNCTION" by:"manage" help:"The function that does what takes longer than a request, by name or ARN."`

	CountryHeader string `env:"TACET_COUNTRY_HEADER" default:"" by:"connect" help:"The header in which an edge in front tells a client's country, such as CloudFront-Viewer-Country; without one no country is known. Only if the edge sets it on every request, and nobody can connect without passing it: else clients can say that they are anywhere."`
	MinGroup      int    `env:"TACET_MIN_GROUP" default:"5" by:"api manage" help:"How many different clients a topic or a country needs on a day to be shown in reports: 1 to 16. With 1 nobody is protected."`

	KMS        string `env:"AWS_ENDPOINT_URL_KMS" default:"" by:"connect fallback api manage erase" help:"Where KMS is, if not at the region's own address."`
	MasterKeys string `env:"TACET_MASTER_KEYS" by:"connect fallback api manage erase" help:"The keys of KMS that data keys are wrapped with, by ARN, separated by commas: the first wraps, all unwrap."`

	Issuer       string `env:"TACET_OIDC_ISSUER" default:"" by:"manage" help:"The OpenID Connect issuer that people sign in with, as https://…; without one nobody can."`
	ClientID     string `env:"TACET_OIDC_CLIENT_ID" default:"" by:"manage" help:"What the issuer knows this platform as."`
	ClientSecret string `env:"TACET_OIDC_CLIENT_SECRET" default:"" by:"manage" help:"What the platform shows the issuer, if that wants more than PKCE."`
	Operator     string `env:"TACET_OPERATOR" default:"" by:"manage" help:"Who runs the deployment, and may read the ledger: a subject of the issuer's."`

	OperatorName    string `env:"TACET_OPERATOR_NAME" default:"" by:"api" help:"Who runs the deployment and answers for what it keeps, for the page about privacy."`
	OperatorContact string `env:"TACET_OPERATOR_CONTACT" default:"" by:"api" help:"How he is reached, on the same page: an e-mail address, a URL, or other words."`

	SettleSeconds int `env:"TACET_SETTLE_SECONDS" from:"machine" default:"180" by:"manage erase" help:"How many seconds what was on its way when an account or an application was deleted may take to arrive, after which its stores are swept once more. That is longest with rollups: a batch of the stream gathers for a minute, and the function has another one."`

	LoopbackKeys bool `env:"TACET_LOOPBACK_KEYS" from:"machine" default:"false" by:"connect fallback api manage" help:"Let applications name this machine as the place of a key set. On Lambda that would let them reach what the function has around it."`

	Connections string `env:"TACET_CONNECTIONS_URL" by:"welcome disconnect subscribe publish fallback fanout api expire manage erase" help:"Where the management API of the WebSocket API is, without /@connections: https://ID.execute-api.REGION.amazonaws.com/STAGE, or the custom domain with its base path."`
}

// Error says which variable of a function is wrong, and what it is for. It does
// not repeat the value.
type Error struct{ Variable, Problem, Help string }

// Error says so.
func (e *Error) Error() string {
	return fmt.Sprintf("config: %s %s: %s", e.Variable, e.Problem, e.Help)
}

// Variable is a variable that a function reads.
type Variable struct {
	Name    string
	From    string // "template", "lambda" or "machine": who sets it
	Default *string
	Help    string
}

// ReadFunction returns the settings of a function by its name, such as
// "connect". getenv reads the environment. The error is an *Error.
func ReadFunction(name string, getenv func(string) string) (*Function, error) {
	f := new(Function)
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if !read(tag, name) {
			continue
		}
		value := getenv(tag.Get("env"))
		if value == "" {
			preset, ok := tag.Lookup("default")
			if !ok {
				return nil, wrong(tag, "is not set")
			}
			value = preset
		}
		switch field := v.Field(i); field.Kind() {
		case reflect.Int:
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return nil, wrong(tag, "is no number from 1")
			}
			field.SetInt(int64(n))
		case reflect.Bool:
			on, err := strconv.ParseBool(value)
			if err != nil {
				return nil, wrong(tag, "is neither true nor false")
			}
			field.SetBool(on)
		default:
			field.SetString(value)
		}
	}
	return f, f.check()
}

// Variables returns what a function reads, in the order of the fields.
func Variables(function string) []Variable {
	var all []Variable
	for field := range reflect.TypeFor[Function]().Fields() {
		if !read(field.Tag, function) {
			continue
		}
		v := Variable{Name: field.Tag.Get("env"), From: "template", Help: field.Tag.Get("help")}
		if from := field.Tag.Get("from"); from != "" {
			v.From = from
		}
		if preset, ok := field.Tag.Lookup("default"); ok {
			v.Default = &preset
		}
		all = append(all, v)
	}
	return all
}

// read reports whether a function has the field with that tag.
func read(tag reflect.StructTag, function string) bool {
	by, limited := tag.Lookup("by")
	return !limited || slices.Contains(strings.Fields(by), function)
}

// check holds what was read against what it has to look like.
func (f *Function) check() error {
	v := reflect.TypeFor[Function]()
	for name, address := range map[string]string{"DynamoDB": f.DynamoDB, "Lambda": f.Lambda, "KMS": f.KMS, "Issuer": f.Issuer, "Connections": f.Connections} {
		if address != "" && !isURL(address) {
			field, _ := v.FieldByName(name)
			return wrong(field.Tag, "is no http or https URL")
		}
	}
	if !isHeaderName(f.CountryHeader) {
		field, _ := v.FieldByName("CountryHeader")
		return wrong(field.Tag, "is no name of a header")
	}
	if f.MinGroup > telemetry.MaxCrowd {
		field, _ := v.FieldByName("MinGroup")
		return wrong(field.Tag, "is more than "+strconv.Itoa(telemetry.MaxCrowd))
	}
	if _, err := logging.ParseLevel(f.LogLevel); err != nil {
		field, _ := v.FieldByName("LogLevel")
		return wrong(field.Tag, "is no log level")
	}
	return nil
}

func isURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// isHeaderName reports whether a header can be called so, or whether none is
// named.
func isHeaderName(name string) bool {
	for i := range len(name) {
		if c := name[i] | 0x20; (c < 'a' || c > 'z') && (c < '0' || c > '9') && name[i] != '-' {
			return false
		}
	}
	return len(name) <= 100
}

func wrong(tag reflect.StructTag, problem string) error {
	return &Error{tag.Get("env"), problem, tag.Get("help")}
}
