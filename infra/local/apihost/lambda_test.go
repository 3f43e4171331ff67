package apihost_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tacet/infra/local/apihost"
	"tacet/infra/local/template"
)

const behind = `
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Guard.Arn}
      Routes:
        $connect: {FunctionArn: !GetAtt Known.Arn}
        fail: {FunctionArn: !GetAtt Failing.Arn}
        missing: {FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:elsewhere"}
        busy: {FunctionArn: !GetAtt Busy.Arn}
        $default: {FunctionArn: !GetAtt Known.Arn, RouteResponseSelectionExpression: $default}
  Response: {Type: "AWS::ApiGatewayV2::RouteResponse", Properties: {ApiId: !Ref Api, RouteId: !Ref ApiDefaultRoute, RouteResponseKey: $default}}
  Known: {Type: "AWS::Serverless::Function"}
  Failing: {Type: "AWS::Serverless::Function"}
  Busy: {Type: "AWS::Serverless::Function"}
  Guard: {Type: "AWS::Serverless::Function"}
`

// samLocal answers as sam local start-lambda does.
func samLocal(w http.ResponseWriter, r *http.Request) {
	event, _ := io.ReadAll(r.Body)
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	switch {
	case r.Method != http.MethodPost || r.URL.RawQuery != "":
		w.WriteHeader(http.StatusMethodNotAllowed)
	case name == "Known":
		fmt.Fprintf(w, `{"statusCode":200,"body":"handled %d"}`, strings.Count(string(event), `"eventType":"MESSAGE"`))
	case name == "Failing":
		w.Header().Set("x-amz-function-error", "Unhandled")
		io.WriteString(w, `{"errorType":"Error","errorMessage":"hush","trace":[]}`)
	case name == "Busy":
		w.WriteHeader(http.StatusTooManyRequests)
	case name == "Guard" && strings.Contains(string(event), `"t":"unauthorized"`):
		w.Header().Set("x-amz-function-error", "Unhandled")
		io.WriteString(w, `{"errorType":"Error","errorMessage":"Unauthorized"}`)
	case name == "Guard":
		io.WriteString(w, `{"principalId":"p","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func mustParse(t *testing.T, text string) *template.Template {
	t.Helper()
	read, err := template.Parse([]byte(text), template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestFunctionsBehindAnInvokeAPI(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(samLocal))
	defer server.Close()
	r := serve(t, apihost.Options{Template: mustParse(t, behind), Endpoint: server.URL + "/"})
	if got := r.refused("?t=unauthorized"); got != 401 {
		t.Errorf("status %d, want 401", got)
	}
	c := r.dial("", nil)
	c.send("x")
	c.expect("handled 1")
	for _, action := range []string{"fail", "missing", "busy"} {
		c.send(`{"action":"` + action + `"}`)
		c.expectError("Internal server error")
	}
	for _, want := range []string{`route=fail status=0`, `fault=error`, `fault="not invokable"`, `function=elsewhere`, "started with the same template?"} {
		until(t, want+" in the log", func() bool { return strings.Contains(r.log.String(), want) })
	}
	if strings.Contains(r.log.String(), "hush") {
		t.Error("the text of an error is in the log")
	}
}

// When nobody answers that is said once, until somebody has answered.
func TestWhenNobodyAnswersSomebodyIsTold(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	r := serve(t, apihost.Options{Template: mustParse(t, strings.Replace(behind, "Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Guard.Arn}", "", 1)), Endpoint: "http://" + nobody.Addr().String()})
	for range 2 {
		if got := r.refused(""); got != 500 {
			t.Errorf("status %d, want 500", got)
		}
	}
	if n := strings.Count(r.log.String(), "is sam local start-lambda running?"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}
