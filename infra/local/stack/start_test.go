package stack_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/infra/config"
	"tacet/infra/local/site"
	"tacet/infra/local/stack"
)

// small is a template with a WebSocket API, a function and a table.
const small = `Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: prod
      RouteSelectionExpression: $request.body.type
      Routes: {$default: {FunctionArn: !GetAtt EchoFunction.Arn}}
  EchoFunction: {Type: AWS::Serverless::Function, Properties: {CodeUri: echo/, Handler: bootstrap, Runtime: provided.al2023}}
  DirectoryTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
`

func write(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsInTheWayIsSaidWithWhatToDo(t *testing.T) {
	module, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, repository := t.TempDir(), t.TempDir()
	write(t, filepath.Join(repository, "go.mod"), "module x\n")
	template := write(t, filepath.Join(t.TempDir(), "small.yaml"), small)
	broken := t.TempDir()
	if err := os.Chmod(write(t, filepath.Join(broken, "EchoFunction", "bootstrap"), "#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	busy := t.TempDir()
	l, err := site.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := site.Folder(busy).Note(site.Running{Facts: site.Facts{HTTP: "http://" + l.Addr().String()}, PID: 1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		from string // the working directory
		data string
		aws  config.AWS
		want string
	}{
		{"no repository", elsewhere, "", config.AWS{}, "--template FILE and --functions DIR"},
		{"no template", repository, "", config.AWS{}, "template.yaml: say --template FILE"},
		{"a template without an API", repository, "", config.AWS{Template: write(t, filepath.Join(t.TempDir(), "t.yaml"), "Resources: {}\n")}, "0 WebSocket APIs"},
		{"a schedule that is not known", repository, "", config.AWS{Template: write(t, filepath.Join(t.TempDir(), "t.yaml"), strings.Replace(small, "CodeUri: echo/,", "Events: {Tick: {Type: Schedule, Properties: {Schedule: 'cron(0 1 * * ? *)'}}},", 1))}, "only rate("},
		{"a folder that is in use", repository, busy, config.AWS{Template: template, Functions: elsewhere}, "in use by another tacet (process 1"},
		{"no functions to build", module, "", config.AWS{Template: template}, "no functions/echo"},
		{"no DynamoDB Local", repository, "", config.AWS{Template: template, Functions: elsewhere}, ".tools/dynamodb/fetch"},
		{"another DynamoDB that does not answer", elsewhere, "", config.AWS{Template: template, Functions: broken, DynamoDB: "http://127.0.0.1:9"}, "does not answer at http://127.0.0.1:9"},
		{"a function that does not come up", module, "", config.AWS{Template: template, Functions: broken}, "EchoFunction does not start"},
		{"functions that were not built", module, "", config.AWS{Template: template, Functions: elsewhere}, "EchoFunction"},
	} {
		t.Chdir(c.from)
		o := stack.Options{AWS: c.aws, Log: slog.New(slog.DiscardHandler), Settings: config.Standalone{
			Listen: "127.0.0.1:0", Data: c.data, Memory: c.data == "", Plan: "unlimited",
			IdleTimeout: time.Hour, MaxLifetime: time.Hour, IntegrationTimeout: time.Minute,
		}}
		if _, err := stack.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
}
