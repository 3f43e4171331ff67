package command

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"tacet/core/account"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/infra/dynamo"
	"tacet/infra/local/site"
	"tacet/infra/vault"
)

// deployedStack is the commands for a stack in somebody's AWS account.
type deployedStack struct {
	App    appCreate   `cmd:"" help:"Make the first application of a stack in your AWS account."`
	Rotate stackRotate `cmd:"" help:"Change the keys that what is personal is sealed with, while the stack runs."`
}

// appCreate puts an application into the directory table of a deployed stack.
// Its keys are made here and kept in a file here; the table gets what checks
// tokens.
//
// It can be repeated: the same folder is the same application, so whoever does
// not know whether it worked does it again.
type appCreate struct {
	ofStack
	Table     string `required:"" placeholder:"NAME" help:"The stack's table for accounts and applications (output DirectoryTableName)."`
	Vault     string `name:"vault-table" required:"" placeholder:"NAME" help:"The stack's table for data keys (output VaultTableName)."`
	MasterKey string `name:"key" required:"" placeholder:"ARN" help:"The stack's key for data keys (output VaultKeyArn)."`
	Owner     string `placeholder:"EMAIL" help:"Who is invited to own the account that the application is in: signs in with this address, and accepts."`
	WebSocket string `name:"websocket" required:"" placeholder:"URL" help:"Where clients connect (output WebSocketUrl): wss://HOST/STAGE."`
	HTTP      string `name:"http" required:"" placeholder:"URL" help:"Where backends publish (output HttpUrl): https://HOST."`
	Data      string `type:"path" required:"" placeholder:"DIR" help:"Folder for the application's keys; made when it is not there. The same folder is the same application."`
	Plan      string `enum:",${plans}" default:"" placeholder:"NAME" help:"Plan of the application: ${plans}. Default: the one that it has, team at first."`
	JSON      asJSON `name:"json" help:"Print one line of JSON, as tacet run --json does, with tokens for a day and the keys."`
}

func (appCreate) example() string {
	return `  tacet stack app --table tacet-DirectoryTable-1ABC --vault-table tacet-VaultTable-2DEF \
    --key arn:aws:kms:eu-central-1:123456789012:key/0123-… --data .tacet-aws \
    --websocket wss://abc.execute-api.eu-central-1.amazonaws.com/v1 \
    --http https://def.execute-api.eu-central-1.amazonaws.com
  tacet token --data .tacet-aws --subject alice

Who you are is taken from where the AWS CLI takes it: AWS_PROFILE, AWS_ACCESS_KEY_ID, …
You need dynamodb:GetItem, PutItem and Query on the tables, and kms:Encrypt and
kms:Decrypt with the key.
`
}

// Run makes the application and says how to use it.
func (a appCreate) Run(ctx context.Context, c *console) error {
	if err := errors.Join(isURL("--websocket", a.WebSocket, "wss", "ws"), isURL("--http", a.HTTP, "https", "http")); err != nil {
		return err
	}
	who, err := a.identify(ctx)
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
	if err := a.provision(ctx, a.accounts(who), d); err != nil {
		return explained(err)
	}
	return a.announce(c, d)
}

// operator is who has the AWS account that a stack is in. The account that
// applications made here are in is his; people are invited to it.
var operator = account.Identity{Issuer: "tacet:aws", Subject: "operator", Operator: true}

// provision makes sure that there is the application, and an invitation for its
// owner. What somebody has changed since it was made is not undone.
func (a appCreate) provision(ctx context.Context, accounts *account.Service, d site.Development) error {
	of, err := accounts.Provision(ctx, account.Provision{
		Owner: operator, App: d.App, Name: "first", Plan: cmp.Or(plan.Name(a.Plan), plan.Team), Replan: a.Plan != "", Keys: d.Slots(), Blind: d.Blind,
	})
	if err != nil || a.Owner == "" {
		return err
	}
	session, _, err := accounts.SignIn(ctx, operator)
	if err != nil {
		return err
	}
	who, err := accounts.Authenticate(ctx, session, privacy.Addr{})
	if err != nil {
		return err
	}
	caller, err := accounts.In(ctx, who, string(of))
	if err != nil {
		return err
	}
	_, err = caller.Invite(ctx, a.Owner, account.Owner, a.Owner) // inviting again is the same invitation
	return err
}

// accounts returns the service of accounts over the stack's tables.
func (a appCreate) accounts(who identity) *account.Service {
	keys, deployment := a.vault(who, a.Vault, []string{a.MasterKey})
	return &account.Service{
		Directory: dynamo.NewDirectory(a.client(who), a.Table, time.Now), Vault: keys, Deployment: deployment, Now: time.Now,
		Random: func(b []byte) { rand.Read(b) }, // it ends the program rather than fail
		// The stack itself looks for jobs each minute.
		Begin: func(context.Context, string) error { return nil },
	}
}

// explained says of an answer of DynamoDB what a person can do about it.
func explained(err error) error {
	if key := (*vault.KMSError)(nil); errors.As(err, &key) {
		return fmt.Errorf("the key of the stack cannot be used: say its ARN as in the output VaultKeyArn; you need kms:Encrypt and kms:Decrypt (%w)", key)
	}
	var said *dynamo.Error
	if !errors.As(err, &said) {
		return public(err)
	}
	switch said.Code {
	case "ResourceNotFoundException":
		return fmt.Errorf("there is no such table in this region and account: look at the stack's outputs (%w)", err)
	case "AccessDeniedException":
		return fmt.Errorf("you may not use it: you need dynamodb:GetItem, PutItem and Query on it (%w)", err)
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException":
		return fmt.Errorf("your AWS credentials are not accepted (%w)", err)
	}
	return err
}

// ofStack is the flags that say where a stack's services are.
type ofStack struct {
	Region   string `placeholder:"NAME" help:"AWS region of the stack. Default: that of your AWS configuration."`
	Endpoint string `name:"dynamodb" placeholder:"URL" help:"A DynamoDB that is elsewhere, as DynamoDB Local."`
	KMS      string `name:"kms" placeholder:"URL" help:"A KMS that is elsewhere, as that of tacet gateway."`
}

func (a ofStack) client(who identity) *dynamo.Client {
	return dynamo.NewClient(dynamo.Options{Region: who.region, Endpoint: a.Endpoint, Credentials: who.Credentials})
}

// vault returns the keys of a stack, which are in a table and wrapped with keys of
// KMS.
func (a ofStack) vault(who identity, table string, masters []string) (*vault.Vault, *vault.Deployment) {
	o := vault.Options{
		Directory: dynamo.NewDirectory(a.client(who), table, time.Now), Now: time.Now,
		Master: vault.NewKMS(vault.KMSOptions{Region: who.region, Endpoint: a.KMS, Credentials: who.Credentials, Keys: masters}),
	}
	return vault.New(o), vault.NewDeployment(o)
}

// identity is who runs the command, and where.
type identity struct {
	dynamo.Credentials
	region string
}

// identify finds out who runs the command, as the AWS CLI does.
func (a ofStack) identify(ctx context.Context) (identity, error) {
	// A machine's own role is not asked for: who makes applications is a person,
	// and away from EC2 nobody would answer.
	options := []func(*awsconfig.LoadOptions) error{awsconfig.WithEC2IMDSClientEnableState(imds.ClientDisabled)}
	if a.Region != "" {
		options = append(options, awsconfig.WithRegion(a.Region))
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return identity{}, fmt.Errorf("read your AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		return identity{}, misused("there is no AWS region: say --region, or set AWS_REGION")
	}
	who, err := loaded.Credentials.Retrieve(ctx)
	if err != nil {
		return identity{}, errors.New("there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return identity{dynamo.Credentials{ID: who.AccessKeyID, Secret: who.SecretAccessKey, Session: who.SessionToken}, loaded.Region}, nil
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
