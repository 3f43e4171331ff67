// Command baseline is the least that a function with AWS's own clients of
// DynamoDB and the management API is: it makes them, and waits for events.
// Functions are compared with it.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type handler struct {
	db   *dynamodb.Client
	post *apigatewaymanagementapi.Client
}

// Invoke calls both clients, so that the linker keeps them.
func (h handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if _, err := h.db.GetItem(ctx, &dynamodb.GetItemInput{}); err != nil {
		return nil, err
	}
	_, err := h.post.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{Data: event})
	return nil, err
}

func main() {
	config := aws.Config{Region: os.Getenv("AWS_REGION"), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}, nil
	})}
	lambda.Start(handler{dynamodb.NewFromConfig(config), apigatewaymanagementapi.NewFromConfig(config)})
}
