package apihost_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacet/infra/local/apihost"
)

const (
	one = `
  One:
    Type: AWS::Serverless::WebSocketApi
    Properties: {RouteSelectionExpression: $request.body.a, StageName: live, Routes: {$default: {FunctionArn: !GetAtt F.Arn}}}
`
	f = `
  F: {Type: "AWS::Serverless::Function", Properties: {Runtime: python3.12, Handler: index.handle, InlineCode: "def handle(e, c): return {'statusCode': 200}"}}
`
)

// Each thing that can be asked for wrongly is answered with what to ask for.
func TestMisuseIsToldWithACure(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		o    apihost.Options
		want string
	}{
		"no API":          {f, apihost.Options{}, "no WebSocket API: neither"},
		"several APIs":    {one + strings.ReplaceAll(one, "One", "Two") + f, apihost.Options{}, "--api One, or --api Two"},
		"another API":     {one + f, apihost.Options{API: "Three"}, "no WebSocket API Three; it has One"},
		"another stage":   {one + f, apihost.Options{Stage: "prod"}, "no stage prod; it has live"},
		"unknown parts":   {strings.Replace(one, "live", "!Ref Stage", 1) + f + "Parameters: {Stage: {Type: String}}", apihost.Options{}, "StageName: the parameter Stage has no default: say --parameter Stage=VALUE"},
		"a foreign one":   {strings.Replace(one, "!GetAtt F.Arn", `"arn:aws:lambda:x:1:function:G"`, 1) + f, apihost.Options{}, "the function G is not in the template: put sam local start-lambda behind"},
		"no API key":      {strings.Replace(one, "$default: {", "$connect: {ApiKeyRequired: true, ", 1) + f, apihost.Options{}, "say --api-key KEY"},
		"no such folder":  {one + f, apihost.Options{Built: "nowhere"}, "--functions: there is no folder nowhere: sam build makes it"},
		"a bad selection": {strings.Replace(one, "$request.body.a", "$context.a", 1) + f, apihost.Options{}, "messages are routed by"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Template, c.o.Log = mustParse(t, "Resources:"+c.text), slog.New(slog.DiscardHandler)
			h, err := start(c.o)
			if err == nil {
				h.Stop(t.Context())
				t.Fatal("it was served")
			}
			if wrong := (*apihost.UsageError)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// What no route needs is no reason to serve nothing; it is a doubt.
func TestWhatNobodyNeedsIsADoubt(t *testing.T) {
	more := `
  Java: {Type: "AWS::Serverless::Function", Properties: {Runtime: java21, CodeUri: .}}
  Bare: {Type: "AWS::Serverless::Function", Properties: {Runtime: python3.12, Environment: {Variables: {A: !ImportValue A, B: !ImportValue B}}, InlineCode: x}}
`
	r := serve(t, apihost.Options{Template: mustParse(t, "Resources:"+one+f+more), EnvOf: map[string]map[string]string{"Bare": {"B": "b"}}})
	got := strings.Join(r.Facts().Warnings, "\n")
	for _, want := range []string{"no route leads to Java, and it cannot be run", "the variable A of Bare is unknown", "say --env A=VALUE"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "variable B") {
		t.Error(got)
	}
	// Code that stands in the template runs.
	r.dial("", nil).send("x")
	until(t, "the function has run", func() bool { return strings.Contains(r.log.String(), "function=F") })
}

// sam build puts what is built alike into one folder, and says so in a
// template of its own.
func TestFunctionsRunFromWhereSAMBuildPutThem(t *testing.T) {
	built := t.TempDir()
	for file, text := range map[string]string{
		"template.yaml":  "Resources: {F: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: Shared}}}",
		"Shared/main.py": "def handle(e, c): return {'statusCode': 200, 'body': 'from the build'}",
	} {
		file = filepath.Join(built, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	text := "Resources:" + strings.Replace(one, "F.Arn", "F.Arn, RouteResponseSelectionExpression: $default", 1) + `
  Response: {Type: "AWS::ApiGatewayV2::RouteResponse", Properties: {ApiId: !Ref One, RouteId: !Ref OneDefaultRoute, RouteResponseKey: $default}}
  F: {Type: "AWS::Serverless::Function", Properties: {Runtime: python3.12, Handler: main.handle, CodeUri: source}}
`
	c := serve(t, apihost.Options{Template: mustParse(t, text), Built: built}).dial("", nil)
	c.send("x")
	c.expect("from the build")
}
