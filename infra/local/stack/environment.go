package stack

import (
	"fmt"
	"maps"

	"tacet/infra/local/template"
)

// What functions are told instead of what the template says, because it is
// elsewhere here; infra/config documents them.
const (
	dynamoDBURL    = "AWS_ENDPOINT_URL_DYNAMODB"
	lambdaURL      = "AWS_ENDPOINT_URL_LAMBDA"
	kmsURL         = "AWS_ENDPOINT_URL_KMS"
	connectionsURL = "TACET_CONNECTIONS_URL"
	loopbackKeys   = "TACET_LOOPBACK_KEYS"
	settleSeconds  = "TACET_SETTLE_SECONDS"
	logLevel       = "TACET_LOG_LEVEL"
	countryHeader  = "TACET_COUNTRY_HEADER"
	operatorName   = "TACET_OPERATOR_NAME"
	operatorReach  = "TACET_OPERATOR_CONTACT"
	minGroup       = "TACET_MIN_GROUP"
)

var supplied = map[string]bool{dynamoDBURL: true, lambdaURL: true, kmsURL: true, connectionsURL: true, loopbackKeys: true, settleSeconds: true, logLevel: true}

// environment returns a function's variables: the template's, and what only
// this machine knows. The access key id is the function's own name, by which
// the guard knows who calls.
func (s *Stack) environment(f *template.Function, guard, stage string) map[string]string {
	env := maps.Clone(f.Env)
	env[dynamoDBURL], env[lambdaURL], env[kmsURL], env[connectionsURL] = guard, guard, guard, guard+"/"+stage
	// Only who has this machine for himself may name it as the place where a
	// key set is.
	env[loopbackKeys] = fmt.Sprint(s.opts.Settings.Local())
	if n := s.opts.SettleSeconds; n > 0 {
		env[settleSeconds] = fmt.Sprint(n)
	}
	if level := s.opts.Settings.LogLevel; level != "" {
		env[logLevel] = level
	}
	said := s.opts.Settings
	for name, value := range map[string]string{countryHeader: said.CountryHeader, operatorName: said.OperatorName, operatorReach: said.OperatorContact} {
		if _, reads := env[name]; reads && value != "" {
			env[name] = value
		}
	}
	if _, asks := f.Env[minGroup]; asks && s.opts.Settings.MinGroup > 0 {
		env[minGroup] = fmt.Sprint(s.opts.Settings.MinGroup)
	}
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"] = f.ID, s.secret, ""
	return env
}
