package template

import (
	"regexp"
	"strings"

	"tacet/infra/local/iam"
)

// grant is a statement of a policy that AWS or SAM knows by name: actions, and
// resources as what follows "arn:PARTITION:", or "*". {r} is the region, {a}
// the account, another name a parameter of the policy template.
type grant struct{ actions, resources string }

const (
	ofTable  = "dynamodb:{r}:{a}:table/{TableName} dynamodb:{r}:{a}:table/{TableName}/index/*"
	ofBucket = "s3:::{BucketName} s3:::{BucketName}/*"
	ofLogs   = "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"
)

// policyTemplates are those of SAM's that are used with what is imitated here:
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
var policyTemplates = map[string][]grant{
	"DynamoDBCrudPolicy": {{"dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:Query dynamodb:UpdateItem " +
		"dynamodb:BatchWriteItem dynamodb:BatchGetItem dynamodb:DescribeTable dynamodb:ConditionCheckItem", ofTable}},
	"DynamoDBReadPolicy":  {{"dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem dynamodb:DescribeTable", ofTable}},
	"DynamoDBWritePolicy": {{"dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem", ofTable}},
	"DynamoDBStreamReadPolicy": {
		{"dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator", "dynamodb:{r}:{a}:table/{TableName}/stream/{StreamName}"},
		{"dynamodb:ListStreams", "dynamodb:{r}:{a}:table/{TableName}/stream/*"},
	},
	"DynamoDBReconfigurePolicy": {{"dynamodb:UpdateTable", "dynamodb:{r}:{a}:table/{TableName}"}},
	"LambdaInvokePolicy":        {{"lambda:InvokeFunction", "lambda:{r}:{a}:function:{FunctionName}*"}},
	"KMSDecryptPolicy":          {{"kms:Decrypt", "kms:{r}:{a}:key/{KeyId}"}},
	"KMSEncryptPolicy":          {{"kms:Encrypt", "kms:{r}:{a}:key/{KeyId}"}},
	"SSMParameterReadPolicy": {
		{"ssm:DescribeParameters", "*"},
		{"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", "ssm:{r}:{a}:parameter/{ParameterName}"},
	},
	"SSMParameterWithSlashPrefixReadPolicy": {
		{"ssm:DescribeParameters", "*"},
		{"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", "ssm:{r}:{a}:parameter{ParameterName}"},
	},
	"CloudWatchPutMetricPolicy":             {{"cloudwatch:PutMetricData", "*"}},
	"SQSSendMessagePolicy":                  {{"sqs:SendMessage*", "sqs:{r}:{a}:{QueueName}"}},
	"SNSPublishMessagePolicy":               {{"sns:Publish", "sns:{r}:{a}:{TopicName}"}},
	"EventBridgePutEventsPolicy":            {{"events:PutEvents", "events:{r}:{a}:event-bus/{EventBusName}"}},
	"StepFunctionsExecutionPolicy":          {{"states:StartExecution", "states:{r}:{a}:stateMachine:{StateMachineName}"}},
	"AWSSecretsManagerGetSecretValuePolicy": {{"secretsmanager:GetSecretValue", "{SecretArn}"}},
	"S3ReadPolicy":                          {{"s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:GetLifecycleConfiguration", ofBucket}},
	"S3WritePolicy":                         {{"s3:PutObject s3:PutObjectAcl s3:PutLifecycleConfiguration", ofBucket}},
	"S3CrudPolicy": {{"s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:PutObject s3:PutObjectAcl " +
		"s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration s3:DeleteObject", ofBucket}},
}

// managedPolicies are those of AWS's that such functions have:
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var managedPolicies = map[string][]grant{
	"AWSLambdaBasicExecutionRole": {{ofLogs, "*"}},
	"AWSLambdaDynamoDBExecutionRole": {
		{"dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams " + ofLogs, "*"},
	},
	"AWSLambdaRole": {{"lambda:InvokeFunction", "*"}},
	"AWSXRayDaemonWriteAccess": {{"xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets " +
		"xray:GetSamplingStatisticSummaries", "*"}},
	"AmazonAPIGatewayInvokeFullAccess": {{"execute-api:Invoke execute-api:ManageConnections", "execute-api:*:*:*"}},
}

// policyTemplate returns the statements of a policy template of SAM's.
func (b *builder) policyTemplate(name string, parameters value) []iam.Statement {
	return b.statements(policyTemplates[name], parameters)
}

var parameterName = regexp.MustCompile(`\{[A-Za-z]+\}`)

func (b *builder) statements(grants []grant, parameters value) []iam.Statement {
	all := make([]iam.Statement, len(grants))
	for i, g := range grants {
		s := &all[i]
		s.Actions = strings.Fields(g.actions)
		for _, pattern := range strings.Fields(g.resources) {
			arn := parameterName.ReplaceAllStringFunc(pattern, func(name string) string {
				switch name {
				case "{r}":
					return b.e.region
				case "{a}":
					return b.e.account
				}
				v := parameters.get(name[1 : len(name)-1])
				if v.kind != scalar {
					s.Findings = append(s.Findings, name[1:len(name)-1]+" is unknown: "+v.why)
				}
				return v.text
			})
			if arn != "*" && !strings.HasPrefix(arn, "arn:") {
				arn = "arn:" + b.e.partition + ":" + arn
			}
			s.Resources = append(s.Resources, arn)
		}
	}
	return all
}
