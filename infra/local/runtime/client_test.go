package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"tacet/infra/invoke"
	"tacet/infra/local/runtime"
	"tacet/infra/sigv4"
)

// What the deployed functions invoke one another with understands the host.
func TestTheClientOfTheFunctionsIsServed(t *testing.T) {
	r := newRig(t, runtime.Options{})
	r.function("Function")
	server := httptest.NewServer(r)
	defer server.Close()
	c := invoke.New(invoke.Options{Region: "us-east-1", Endpoint: server.URL, Credentials: sigv4.Credentials{ID: "id", Secret: "secret"}})

	if out, err := c.Call(t.Context(), "Function", do("echo", "hello")); err != nil || string(out) != `"hello"` {
		t.Errorf("%s, %v", out, err)
	}
	if err := c.Start(t.Context(), "arn:aws:lambda:us-east-1:000000000000:function:Function:live", do("tell", "started")); err != nil {
		t.Error(err)
	}
	r.meet.told(t, 1)
	var failure *invoke.FunctionError
	if _, err := c.Call(t.Context(), "Function", do("exit")); !errors.As(err, &failure) || failure.Type != "Runtime.ExitError" {
		t.Error(err)
	}
	var refusal *invoke.Error
	if _, err := c.Call(t.Context(), "Nobody", do("echo")); !errors.As(err, &refusal) || refusal.Code != "ResourceNotFoundException" {
		t.Error(err)
	}
}

func ExampleHost() {
	host, err := runtime.New(runtime.Options{Region: "eu-west-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close(context.Background())
	echo, err := host.Add(runtime.Spec{Name: "EchoFunction", Dir: "testdata/python", Handler: "app.lambda_handler", Runtime: "python3.14"})
	if err != nil {
		fmt.Println(err) // what is missing, and what to do
		return
	}
	answer, err := echo.Invoke(context.Background(), []byte(`{"greeting":"hello"}`))
	fmt.Println(string(answer), err)
	// Output: {"greeting": "hello"} <nil>
}
