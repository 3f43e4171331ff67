package command_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"testing"

	"github.com/coder/websocket"
)

const echoing = `
Parameters: {Greeting: {Type: String}}
Resources:
  Echo:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: live
      Routes:
        $connect: {FunctionArn: !GetAtt EchoFunction.Arn}
        $default: {FunctionArn: !GetAtt EchoFunction.Arn, RouteResponseSelectionExpression: $default}
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Echo, RouteId: !Ref EchoDefaultRoute, RouteResponseKey: $default}
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handle
      Environment: {Variables: {GREETING: !Ref Greeting, ONE: template, TWO: template}}
      InlineCode: |
        import os
        def handle(event, context):
            return {"statusCode": 200, "body": " ".join([os.environ[n] for n in ("GREETING", "ONE", "TWO")] + [event.get("body", "")])}
  Queue: {Type: AWS::SQS::Queue}
`

// From the command to a client and back: what is read by a program, what by a
// person, and how it ends.
func TestAGatewayRunsUntilItIsInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no signals")
	}
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	p := &process{Cmd: exec.Command(os.Args[0]), stderr: new(safeBuffer)}
	p.Args = []string{
		"tacet", "gateway", "--template", file("template.yaml", echoing), "--listen", "127.0.0.1:0", "--json",
		"--parameter", "Greeting=hello; a=b,c", "--env", "ONE=flag", "--env-vars", file("vars.json", `{"Parameters":{"ONE":"file"},"EchoFunction":{"TWO":2}}`),
	}
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	if err = errors.Join(err, p.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	var facts struct{ API, Stage, WebSocket, Management string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err = errors.Join(err, json.Unmarshal(line, &facts)); err != nil || facts.API != "Echo" || facts.Stage != "live" {
		t.Fatalf("%s %v\n%s", line, err, p.stderr)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, facts.WebSocket, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	err = conn.Write(ctx, websocket.MessageText, []byte("hush"))
	_, answer, readErr := conn.Read(ctx)
	if want := "hello; a=b,c flag 2 hush"; errors.Join(err, readErr) != nil || string(answer) != want {
		t.Fatalf("got %s %v %v, want %s", answer, err, readErr, want)
	}
	p.mustSignal(t, syscall.SIGINT)
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Error(err)
	}
	if state := p.ended(t, patience); state.ExitCode() != 0 {
		t.Errorf("%v", state)
	}
	said := []byte(p.stderr.String())
	for _, want := range []string{
		`WebSocket +ws://127`, `\$default +→ EchoFunction \(answers on the socket\)`, `Not supported here:\n  line \d+: Queue \(AWS::SQS::Queue\)`,
		`\$connect +EchoFunction +200 +[0-9.]+ ms`, `\$default +EchoFunction +200 +[0-9.]+ ms`,
	} {
		if !regexp.MustCompile(want).Match(said) {
			t.Errorf("%s is not in:\n%s", want, said)
		}
	}
	if bytes.Contains(said, []byte("hush")) {
		t.Errorf("a message is in:\n%s", said)
	}
}
