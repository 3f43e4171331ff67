// Command function is what the tests of package runtime run: a function that
// does what its event says, and that starts as MODE says.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string `json:"do"`
	Text string `json:"text,omitempty"`
}

var served atomic.Int64

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch os.Getenv("MODE") {
	case "init exits":
		tell("init")
		os.Exit(3)
	case "init fails":
		post(api+"init/error", `{"errorType":"Function.NoDatabase","errorMessage":"there is no database"}`)
		os.Exit(1)
	case "init hangs":
		tell("init")
		sleep()
	case "child":
		stay()
		sleep()
	case "asks and exits":
		connection, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
		if err == nil {
			_, _ = io.WriteString(connection, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		os.Exit(4)
	case "raw":
		raw(api + "invocation/")
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (any, error) {
	n := served.Add(1)
	switch e.Do {
	case "echo":
		return e.Text, nil
	case "count":
		return n, nil
	case "pid":
		return os.Getpid(), nil
	case "fail":
		return nil, errors.New("Unauthorized")
	case "panic":
		panic("on purpose")
	case "exit":
		os.Exit(7)
	case "exit well":
		os.Exit(0)
	case "hang":
		stay()
		sleep()
	case "stay":
		stay()
		return nil, nil
	case "large":
		return strings.Repeat("x", 6<<20+1000), nil
	case "meet": // whoever serves MEET lets go when all are there
		tell("meet")
		return os.Getpid(), nil
	case "meet and exit":
		tell("meet")
		os.Exit(1)
	case "tell":
		tell(e.Text)
		return nil, nil
	case "tell and fail":
		tell(e.Text)
		return nil, errors.New("failed after it had told")
	case "say":
		fmt.Println(e.Text)
		fmt.Fprint(os.Stderr, "and an error")
		return nil, nil
	case "child":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "MODE=child")
		return nil, child.Start()
	case "environment":
		return os.Environ(), nil
	case "context":
		c, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"id": c.AwsRequestID, "arn": c.InvokedFunctionArn, "client": c.ClientContext.Custom,
			"left": time.Until(deadline).Seconds(), "trace": os.Getenv("_X_AMZN_TRACE_ID"),
		}, nil
	}
	return nil, fmt.Errorf("what is %q?", e.Do)
}

// sleep never ends, and is not taken for a deadlock.
func sleep() {
	for {
		time.Sleep(time.Hour)
	}
}

// tell tells whoever serves MEET, and waits for the answer.
func tell(what string) {
	response, err := http.Get(os.Getenv("MEET") + "?what=" + what)
	if err == nil {
		response.Body.Close()
	}
}

// stay tells whoever serves MEET when this process ends.
func stay() {
	met := make(chan struct{})
	go func() {
		response, err := http.Get(os.Getenv("MEET") + "?what=stay")
		if err != nil {
			return
		}
		defer response.Body.Close()
		close(met)
		_, _ = io.Copy(io.Discard, response.Body)
	}()
	<-met
}

func post(url, body string) int {
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// raw is a runtime that makes every mistake there is, and answers with the
// statuses that it got for them.
func raw(base string) {
	var late []int // after the answer to the event before
	for {
		response, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var e event
		_ = json.Unmarshal(body, &e) // then it is none of the mistakes
		switch e.Do {
		case "mistakes":
			statuses := []int{
				post(base+"nobody/response", "1"),
				post(base+"nobody/error", "1"),
				post(strings.TrimSuffix(base, "invocation/")+"init/error", "1"),
			}
			again, err := http.Get(base + "next")
			if err == nil {
				statuses = append(statuses, again.StatusCode)
				again.Body.Close()
			}
			text, _ := json.Marshal(append(statuses, late...))
			post(base+id+"/response", string(text))
			late = []int{post(base+id+"/response", "2"), post(base+id+"/error", "2")}
		case "large":
			late = []int{post(base+id+"/response", strings.Repeat("1", 6_291_557))}
		case "large failure":
			late = []int{post(base+id+"/error", strings.Repeat("1", 6_291_557))}
		case "break":
			breakOff(base + id + "/response")
		default:
			post(base+id+"/response", string(body))
		}
	}
}

// breakOff fails in the middle of an answer.
func breakOff(url string) {
	request, _ := http.NewRequest(http.MethodPost, url, io.MultiReader(bytes.NewReader([]byte("half"))))
	request.Trailer = http.Header{
		"Lambda-Runtime-Function-Error-Type": {"Broken"},
		// {"errorType":"Broken","errorMessage":"in the middle"}
		"Lambda-Runtime-Function-Error-Body": {"eyJlcnJvclR5cGUiOiJCcm9rZW4iLCJlcnJvck1lc3NhZ2UiOiJpbiB0aGUgbWlkZGxlIn0="},
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
	}
}
