package config

import (
	"errors"
	"strings"
)

// AWS is what `tacet run --aws` can be told besides the settings of Standalone:
// the same platform in the shape that it has on AWS, on this machine.
type AWS struct {
	AWS       bool   `name:"aws" env:"TACET_AWS" help:"Run the platform as on AWS: what the template describes, with functions in processes of their own, DynamoDB Local, and a gateway in front that behaves as API Gateway does. Needs this repository, Go and Java."`
	Template  string `placeholder:"FILE" type:"path" env:"TACET_TEMPLATE" help:"With --aws: the template to run. Default: template.yaml of the repository."`
	Functions string `placeholder:"DIR" type:"path" env:"TACET_FUNCTIONS" help:"With --aws: the functions as sam build made them (.aws-sam/build). Default: they are built from the repository, for this machine."`
	DynamoDB  string `name:"dynamodb" placeholder:"DIR|URL" env:"TACET_DYNAMODB" help:"With --aws: the folder of DynamoDB Local, or the URL of one that runs already. Default: .build/dynamodb of the repository, where .tools/dynamodb/fetch puts it."`
}

// RunsAlready reports whether DynamoDB is the URL of one that runs.
func (a *AWS) RunsAlready() bool { return strings.Contains(a.DynamoDB, "://") }

// Validate returns nil, or an error that says which setting is wrong and what
// to do about it.
func (a *AWS) Validate(s *Standalone) error {
	switch {
	case !a.AWS && (a.Template != "" || a.Functions != "" || a.DynamoDB != ""):
		return errors.New("--template, --functions and --dynamodb are for the platform as on AWS: say --aws too")
	case !a.AWS:
		return nil
	case s.MetricsListen != "":
		return errors.New("--metrics-listen is for the platform in one process: on AWS figures are CloudWatch's; leave it out")
	case s.TracesURL() != "":
		return errors.New("--otlp-endpoint is for the platform in one process: functions are followed by the ids in their logs; leave it out")
	case s.Domain != "":
		return errors.New("--aws is for trying things out, and gets no certificate from Let's Encrypt: say --tls-cert and --tls-key instead of --domain")
	}
	if a.RunsAlready() && !isURL(a.DynamoDB) {
		return errors.New("--dynamodb is neither a folder nor a URL such as http://127.0.0.1:8000")
	}
	return nil
}
