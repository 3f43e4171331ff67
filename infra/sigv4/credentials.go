package sigv4

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Credentials sign requests. On Lambda they are in the environment and valid as
// long as the process. Printed, they show the id alone.
type Credentials struct {
	ID      string
	Secret  string `json:"-"`
	Session string `json:"-"`
}

// String returns the id.
func (c Credentials) String() string { return "credentials " + c.ID }

// Format prints String for every verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue returns String.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Retrieve makes them an aws.CredentialsProvider, for the SDK's clients.
func (c Credentials) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: c.ID, SecretAccessKey: c.Secret, SessionToken: c.Session}, nil
}
