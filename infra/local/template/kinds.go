package template

import "strings"

// Types of resources.
const (
	kindSAMFunction   = "AWS::Serverless::Function"
	kindSAMWebSocket  = "AWS::Serverless::WebSocketApi"
	kindSAMHTTP       = "AWS::Serverless::HttpApi"
	kindSAMLayer      = "AWS::Serverless::LayerVersion"
	kindSimpleTable   = "AWS::Serverless::SimpleTable"
	kindFunction      = "AWS::Lambda::Function"
	kindAlias         = "AWS::Lambda::Alias"
	kindVersion       = "AWS::Lambda::Version"
	kindLayer         = "AWS::Lambda::LayerVersion"
	kindPermission    = "AWS::Lambda::Permission"
	kindEventSource   = "AWS::Lambda::EventSourceMapping"
	kindTable         = "AWS::DynamoDB::Table"
	kindRole          = "AWS::IAM::Role"
	kindPolicy        = "AWS::IAM::Policy"
	kindRolePolicy    = "AWS::IAM::RolePolicy"
	kindManagedPolicy = "AWS::IAM::ManagedPolicy"
	kindAPI           = "AWS::ApiGatewayV2::Api"
	kindRoute         = "AWS::ApiGatewayV2::Route"
	kindIntegration   = "AWS::ApiGatewayV2::Integration"
	kindRouteResponse = "AWS::ApiGatewayV2::RouteResponse"
	kindStage         = "AWS::ApiGatewayV2::Stage"
	kindAuthorizer    = "AWS::ApiGatewayV2::Authorizer"
	kindDomain        = "AWS::ApiGatewayV2::DomainName"
	kindMapping       = "AWS::ApiGatewayV2::ApiMapping"
	kindModel         = "AWS::ApiGatewayV2::Model"
)

// silent reports whether a resource is of no account on one machine: that it is
// missing there changes nothing for a client or a function.
func silent(kind string) bool {
	for _, prefix := range []string{
		"AWS::CloudWatch::", "AWS::Logs::", "AWS::KMS::", "AWS::Budgets::", "AWS::SNS::", "AWS::ApplicationAutoScaling::",
		"AWS::ApiGatewayV2::Deployment", "AWS::ApiGatewayV2::IntegrationResponse", "AWS::ApiGateway::Account", "AWS::Route53::",
		"AWS::CertificateManager::", kindAlias, kindVersion, "AWS::CDK::", "AWS::CloudFormation::WaitCondition",
		"AWS::ResourceGroups::", "AWS::ApplicationInsights::", "AWS::XRay::",
	} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// nameOf is the property that names a resource of a type. Others are called by
// their logical id.
var nameOf = map[string]string{
	kindSAMFunction: "FunctionName", kindFunction: "FunctionName",
	kindTable: "TableName", kindSimpleTable: "TableName",
	kindRole: "RoleName", kindManagedPolicy: "ManagedPolicyName",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SQS::Queue": "QueueName",
	"AWS::SNS::Topic": "TopicName", "AWS::StepFunctions::StateMachine": "StateMachineName", "AWS::Serverless::StateMachine": "Name",
	"AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name", "AWS::SSM::Parameter": "Name", "AWS::KMS::Alias": "AliasName",
	"AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
	kindStage: "StageName", kindDomain: "DomainName", "AWS::Kinesis::Stream": "Name",
}

// arnOf is what follows "arn:PARTITION:" in the ARN of a resource of a type:
// {r} is the region, {a} the account, {n} the name.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var arnOf = map[string]string{
	kindSAMFunction: "lambda:{r}:{a}:function:{n}", kindFunction: "lambda:{r}:{a}:function:{n}",
	kindTable: "dynamodb:{r}:{a}:table/{n}", kindSimpleTable: "dynamodb:{r}:{a}:table/{n}",
	kindRole: "iam::{a}:role/{n}", kindManagedPolicy: "iam::{a}:policy/{n}",
	"AWS::Logs::LogGroup": "logs:{r}:{a}:log-group:{n}:*", "AWS::S3::Bucket": "s3:::{n}", "AWS::SQS::Queue": "sqs:{r}:{a}:{n}",
	"AWS::SNS::Topic": "sns:{r}:{a}:{n}", "AWS::StepFunctions::StateMachine": "states:{r}:{a}:stateMachine:{n}",
	"AWS::Serverless::StateMachine": "states:{r}:{a}:stateMachine:{n}", "AWS::Events::EventBus": "events:{r}:{a}:event-bus/{n}",
	"AWS::Events::Rule": "events:{r}:{a}:rule/{n}", "AWS::KMS::Key": "kms:{r}:{a}:key/{n}", "AWS::KMS::Alias": "kms:{r}:{a}:{n}",
	"AWS::CloudWatch::Alarm": "cloudwatch:{r}:{a}:alarm:{n}", "AWS::Kinesis::Stream": "kinesis:{r}:{a}:stream/{n}",
	"AWS::Cognito::UserPool": "cognito-idp:{r}:{a}:userpool/{n}",
}

// refIsARN are the types for which Ref gives the ARN.
var refIsARN = map[string]bool{
	"AWS::SNS::Topic": true, "AWS::StepFunctions::StateMachine": true, "AWS::Serverless::StateMachine": true, kindManagedPolicy: true,
}
