package dynamo

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"tacet/infra/sigv4"
)

// Options say how to reach DynamoDB.
type Options struct {
	Region string
	// Endpoint is a URL to talk to instead of the region's DynamoDB; "" is that.
	Endpoint    string
	Credentials Credentials
	// Timeout is how long one attempt may take; an operation may take several,
	// within its context. Zero means two seconds.
	Timeout time.Duration
	// Called is told of every operation before it is sent, once however often
	// it is tried. Nil means that nobody wants to know.
	Called func(Call)
}

// Credentials sign requests. Printed, they show the id alone.
type Credentials = sigv4.Credentials

// Client reaches DynamoDB. It is what stores are made with. Safe for
// concurrent use.
type Client struct{ db *dynamodb.Client }

// NewClient returns a client. It makes no request.
func NewClient(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	options := dynamodb.Options{
		Region: o.Region,
		// A function and not the value: package fmt, asked for %s of a client
		// or of what holds one, prints the bits of all that it finds in it.
		Credentials: aws.CredentialsProviderFunc(o.Credentials.Retrieve),
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(o.Timeout).WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = atOnce
		}),
		Retryer: retry.AddWithErrorCodes(retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts = attempts
			s.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return backoff(attempt), nil })
		}), codeConflict),
	}
	if o.Endpoint != "" {
		options.BaseEndpoint = &o.Endpoint
	}
	if o.Called != nil {
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(reporter(o.Called), middleware.Before)
		})
	}
	return &Client{dynamodb.New(options)}
}

// atOnce is how many requests one call makes at the same time at most: as many
// connections are kept, so that none is made anew for each of them.
const atOnce = eventParts * stamps

// attempts is how often anything is tried. The waits between them add up to a
// second and a half at most.
const attempts = 8

// backoff returns how long to wait before trying again after so many attempts:
// up to twice as long each time, and anything below that, so that those who
// collided do not collide again.
func backoff(attempt int) time.Duration {
	most := min(10*time.Millisecond<<min(attempt, 10), 500*time.Millisecond)
	return rand.N(most) + time.Millisecond
}

// pause waits for a backoff, or returns the context's error.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(backoff(attempt))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
