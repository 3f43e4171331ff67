package command

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"tacet/infra/local/apihost"
	"tacet/infra/local/site"
	"tacet/infra/local/template"
)

// gateway is an API Gateway for anybody's template, until it is told to stop.
type gateway struct {
	Template   string            `default:"template.yaml" placeholder:"FILE" type:"path" help:"SAM or CloudFormation template, in YAML or JSON. Default: template.yaml here."`
	API        string            `name:"api" placeholder:"ID" help:"Logical id of the WebSocket API, if the template has several."`
	Stage      string            `placeholder:"NAME" help:"Stage, if the API has several. Default: the first."`
	Parameter  map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Value of a parameter of the template, instead of its default; or, as RESOURCE.ATTRIBUTE=VALUE or ImportValue.NAME=VALUE, of what only a deployed stack knows. Can be repeated."`
	Region     string            `default:"us-east-1" placeholder:"REGION" help:"Region that the template, events and functions speak of. Default: ${default}."`
	DomainName string            `placeholder:"HOST[:PORT]" help:"Domain name in events, from which functions make the address to post to. Default: where this listens, or with --lambda-endpoint what the client connected to."`

	LambdaEndpoint string            `placeholder:"URL" help:"Invoke the functions here, by logical id: sam local start-lambda serves this."`
	Functions      string            `placeholder:"DIR" type:"path" help:"Start the functions, from this folder that sam build made. Default: .aws-sam/build beside the template, or if that is not there the folders that the template names."`
	DynamoDB       string            `name:"dynamodb" placeholder:"URL" help:"DynamoDB Local: make the tables of the template there, if they are not, and let the functions that are started here use it."`
	Env            map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Variable of every function that is started here. Of the variables at hand they get PATH alone. Can be repeated."`
	EnvVars        string            `placeholder:"FILE" type:"path" help:"Variables of functions that are started here, as sam local takes them: {\"FUNCTION\": {\"NAME\": \"VALUE\"}}; FUNCTION can be Parameters, for all."`

	Listen  string   `default:"127.0.0.1:3000" placeholder:"HOST:PORT" help:"Where to listen, for ws:// and wss:// alike; port 0 takes a free one. Whoever reaches it can connect, and post to connections. Default: ${default}."`
	TLSCert string   `name:"tls-cert" placeholder:"FILE" type:"path" help:"Certificate chain in PEM for wss:// and https://. Default: one that is made at the start and that functions which are started here trust."`
	TLSKey  string   `name:"tls-key" placeholder:"FILE" type:"path" help:"The certificate's private key in PEM."`
	APIKey  []string `name:"api-key" placeholder:"KEY" help:"API key that clients may send where the API asks for one. Can be repeated."`

	IdleTimeout        time.Duration `default:"10m" help:"Close a connection on which no message went either way for so long. Default: ${default}, as API Gateway has it."`
	MaxLifetime        time.Duration `default:"2h" help:"Close every connection at this age. Default: ${default}, as API Gateway has it."`
	IntegrationTimeout time.Duration `default:"29s" help:"Give up on a function after this long. Default: ${default}, as API Gateway has it."`

	JSON asJSON `name:"json" help:"Print one line of JSON on standard output when it listens."`
}

func (gateway) example() string {
	return `  tacet gateway --template template.yaml
  sam local start-lambda & tacet gateway --lambda-endpoint http://127.0.0.1:3001
  tacet gateway --stage Prod --parameter TableName=rooms --dynamodb http://127.0.0.1:8000

Then connect, for instance with wscat -c ws://127.0.0.1:3000/Prod. Each invocation
is a line on standard error: route, function, status, milliseconds.
`
}

// Validate returns what is wrong with the flags.
func (g gateway) Validate() error {
	switch {
	case g.LambdaEndpoint != "" && g.Functions != "":
		return errors.New("--lambda-endpoint and --functions exclude each other: functions are either there already or started here")
	case g.LambdaEndpoint != "" && (len(g.Env) > 0 || g.EnvVars != ""):
		return errors.New("--env and --env-vars are for functions that are started here; those at --lambda-endpoint have their variables from whoever started them")
	case (g.TLSCert == "") != (g.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together: say both")
	}
	if u, err := url.Parse(g.LambdaEndpoint); g.LambdaEndpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("--lambda-endpoint must look like http://127.0.0.1:3001")
	}
	for flag, d := range map[string]time.Duration{
		"idle-timeout": g.IdleTimeout, "max-lifetime": g.MaxLifetime, "integration-timeout": g.IntegrationTimeout,
	} {
		if d <= 0 {
			return fmt.Errorf("--%s must be longer than zero, as in 90s or 10m", flag)
		}
	}
	return nil
}

// Run serves the API, says what it is made of, and waits.
func (g gateway) Run(ctx context.Context, c *console) error {
	o, err := g.options(c)
	if err != nil {
		return err
	}
	l, err := site.Listen(g.Listen, nil)
	if err != nil {
		return err
	}
	h, err := apihost.Start(o, l)
	if wrong := (*apihost.UsageError)(nil); errors.As(err, &wrong) {
		return misuse{wrong}
	} else if err != nil {
		return err
	}
	facts := h.Facts()
	if g.JSON {
		err = c.line(facts)
	}
	c.say("%s", apiGreeting{facts, o})
	if err == nil {
		select {
		case err = <-h.Failed():
		case <-ctx.Done():
			if n := h.Connections(); n > 0 {
				c.say("tacet: stopping; closing %d connections", n)
			}
		}
	}
	ending, cancel := context.WithTimeout(context.Background(), stopping)
	defer cancel()
	return errors.Join(err, h.Stop(ending))
}

// options reads what the flags name.
func (g gateway) options(c *console) (apihost.Options, error) {
	log := slog.New(&invocations{out: c.err, now: time.Now})
	o := apihost.Options{
		API: g.API, Stage: g.Stage, Endpoint: g.LambdaEndpoint, Built: g.Functions, DynamoDB: g.DynamoDB, Env: g.Env,
		APIKeys: g.APIKey, DomainName: g.DomainName,
		IdleTimeout: g.IdleTimeout, MaxLifetime: g.MaxLifetime, IntegrationTimeout: g.IntegrationTimeout,
		Output: c.err, Log: log,
	}
	var err error
	o.Template, err = template.Read(g.Template, template.Options{Parameters: g.Parameter, Region: g.Region})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return o, misused("there is no template %s: say --template FILE", printable(g.Template))
	case err != nil:
		return o, misuse{err}
	}
	if built := filepath.Join(o.Template.Dir, ".aws-sam", "build"); o.Endpoint == "" && o.Built == "" && isFolder(built) {
		o.Built = built
	}
	if g.EnvVars != "" {
		if o.Env, o.EnvOf, err = readVariables(g.EnvVars, g.Env); err != nil {
			return o, err
		}
	}
	if g.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(g.TLSCert, g.TLSKey)
		if err != nil {
			return o, misused("--tls-cert and --tls-key are not a certificate in PEM and its key: %v", err)
		}
		o.Certificate = &pair
	}
	return o, nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// readVariables reads a file as sam local takes it with --env-vars, and adds
// what flags say of all functions.
func readVariables(file string, more map[string]string) (all map[string]string, of map[string]map[string]string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, misused("--env-vars: %v", err)
	}
	var read map[string]map[string]any
	if json.Unmarshal(text, &read) != nil { // what it says may be secret
		return nil, nil, misused(`--env-vars %s: want {"FUNCTION": {"NAME": "VALUE"}}`, printable(file))
	}
	all, of = map[string]string{}, map[string]map[string]string{}
	for function, variables := range read {
		into := all
		if function != "Parameters" {
			into = map[string]string{}
			of[function] = into
		}
		for name, v := range variables {
			into[name] = fmt.Sprint(v)
		}
	}
	for name, v := range more {
		all[name] = v
	}
	return all, of, nil
}
