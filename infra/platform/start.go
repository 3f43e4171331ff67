package platform

import (
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"tacet/infra/config"
)

// Start runs a function under Lambda, by its name, such as "connect". It does
// not return.
//
// Settings that are wrong end the process before the first event, which Lambda
// shows as a failed start, and its log as the line that is written here.
func Start(name string, make func(*Parts) Handler) {
	settings, err := config.ReadFunction(name, os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lambda.Start(New(settings, os.Stdout).whole(name, make))
}
