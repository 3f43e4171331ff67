package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/pubsub"
	"tacet/infra/dynamo"
	"tacet/infra/local/site"
)

// deployedStack is the commands for a stack in somebody's AWS account.
type deployedStack struct {
	App appCreate `cmd:"" help:"Make the first application of a stack in your AWS account."`
}

// appCreate puts an application into the directory table of a deployed stack.
// Its keys are made here and kept in a file here; the table gets what checks
// tokens.
//
// It can be repeated: the same folder is the same application, so whoever does
// not know whether it worked does it again.
type appCreate struct {
	Table     string `required:"" placeholder:"NAME" help:"The stack's table for applications (output DirectoryTableName)."`
	WebSocket string `name:"websocket" required:"" placeholder:"URL" help:"Where clients connect (output WebSocketUrl): wss://HOST/STAGE."`
	HTTP      string `name:"http" required:"" placeholder:"URL" help:"Where backends publish (output HttpUrl): https://HOST."`
	Data      string `type:"path" required:"" placeholder:"DIR" help:"Folder for the application's keys; made when it is not there. The same folder is the same application."`
	Region    string `placeholder:"NAME" help:"AWS region of the stack. Default: that of your AWS configuration."`
	Endpoint  string `name:"dynamodb" placeholder:"URL" help:"A DynamoDB that is elsewhere, as DynamoDB Local."`
	Plan      string `enum:",${plans}" default:"" placeholder:"NAME" help:"Plan of the application: ${plans}. Default: the one that it has, team at first."`
	JSON      asJSON `name:"json" help:"Print one line of JSON, as tacet run --json does, with tokens for a day and the keys."`
}

func (appCreate) example() string {
	return `  tacet stack app --table tacet-DirectoryTable-1ABC --data .tacet-aws \
    --websocket wss://abc.execute-api.eu-central-1.amazonaws.com/v1 \
    --http https://def.execute-api.eu-central-1.amazonaws.com
  tacet token --data .tacet-aws --subject alice

Who you are is taken from where the AWS CLI takes it: AWS_PROFILE, AWS_ACCESS_KEY_ID, …
You need dynamodb:GetItem and dynamodb:PutItem on the table.
`
}

// Run makes the application and says how to use it.
func (a appCreate) Run(ctx context.Context, c *console) error {
	if err := errors.Join(isURL("--websocket", a.WebSocket, "wss", "ws"), isURL("--http", a.HTTP, "https", "http")); err != nil {
		return err
	}
	client, err := a.client(ctx)
	if err != nil {
		return err
	}
	folder := site.Folder(a.Data)
	if err := folder.Make(); err != nil {
		return err
	}
	d, err := folder.Development()
	if err != nil {
		return err
	}
	apps := dynamo.NewApps(client, a.Table, time.Now)
	if err := a.put(ctx, apps, d); err != nil {
		return fmt.Errorf("table %s: %w", a.Table, explained(err))
	}
	return a.announce(c, d)
}

// put keeps the application. What its owner has changed since it was made is
// not undone.
func (a appCreate) put(ctx context.Context, apps *dynamo.Apps, d site.Development) error {
	x := d.Application(plan.Team)
	switch was, err := apps.App(ctx, x.ID); {
	case err == nil:
		copied := *was
		x = &copied
	case !errors.Is(err, pubsub.ErrNoApp):
		return err
	}
	if a.Plan != "" {
		x.Plan = plan.Name(a.Plan)
	}
	return apps.Put(ctx, x, d.Slots())
}

// explained says of an answer of DynamoDB what a person can do about it.
func explained(err error) error {
	var said *dynamo.Error
	if !errors.As(err, &said) {
		return err
	}
	switch said.Code {
	case "ResourceNotFoundException":
		return fmt.Errorf("there is no such table in this region and account: look at the stack's outputs (%w)", err)
	case "AccessDeniedException":
		return fmt.Errorf("you may not use it: you need dynamodb:GetItem and dynamodb:PutItem on it (%w)", err)
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException":
		return fmt.Errorf("your AWS credentials are not accepted (%w)", err)
	}
	return err
}

// client returns a client with the credentials of whoever runs the command.
func (a appCreate) client(ctx context.Context) (*dynamo.Client, error) {
	// A machine's own role is not asked for: who makes applications is a person,
	// and away from EC2 nobody would answer.
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithEC2IMDSClientEnableState(imds.ClientDisabled)}
	if a.Region != "" {
		options = append(options, awsconfig.WithRegion(a.Region))
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("read your AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return nil, misused("there is no AWS region: say --region, or set AWS_REGION")
	}
	who, err := loaded.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, errors.New("there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return dynamo.NewClient(dynamo.Options{
		Region: loaded.Region, Endpoint: a.Endpoint,
		Credentials: dynamo.Credentials{ID: who.AccessKeyID, Secret: who.SecretAccessKey, Session: who.SessionToken},
	}), nil
}

// announce says how to use the application.
func (a appCreate) announce(c *console, d site.Development) error {
	u, err := url.Parse(a.WebSocket)
	if err != nil {
		return err // checked before
	}
	u.RawQuery = url.Values{"app": {string(d.App)}}.Encode()
	known := site.Facts{WebSocket: u.String(), HTTP: a.HTTP, App: d.App, ClientKey: d.ClientKey, AdminKey: d.AdminKey}
	if a.JSON {
		now := time.Now()
		if known.ClientToken, err = d.Token(grant.Client, now, now.Add(site.TokenLife)); err != nil {
			return err
		}
		if known.AdminToken, err = d.Token(grant.Admin, now, now.Add(site.TokenLife)); err != nil {
			return err
		}
		return c.line(known)
	}
	here := quote(a.Data)
	c.say("Application %s is ready; its keys are in %s, on this machine only.\n\n"+
		"  export TACET_URL='%s'\n"+
		"  export TACET_TOKEN=$(%s token --data %s)\n"+
		"  %[4]s subscribe chat\n"+
		"  %[4]s publish chat '{\"text\":\"hello\"}'", d.App, here, known.WebSocket, called(c.program), here)
	return nil
}

// isURL returns nil, or what is wrong with the value of a flag that should be a
// URL of one of the schemes, without a query.
func isURL(flag, text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" && u.RawQuery == "" && u.User == nil && slices.Contains(schemes, u.Scheme) {
		return nil
	}
	return misused("%s must look like %s://HOST/…, as the stack's output says it", flag, schemes[0])
}
