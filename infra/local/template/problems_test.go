package template_test

import (
	"fmt"
	"strings"
	"testing"

	"tacet/infra/local/template"
)

// byHand is an API of which tests replace parts.
const byHand = `
Parameters: {P: {Type: String}}
Resources:
  Api: {Type: "AWS::ApiGatewayV2::Api", Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.a}}
  Connect: {Type: "AWS::ApiGatewayV2::Route", Properties: {ApiId: !Ref Api, RouteKey: $connect, AuthorizationType: CUSTOM, AuthorizerId: !Ref Guard, Target: !Sub "integrations/${To}"}}
  Default: {Type: "AWS::ApiGatewayV2::Route", Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${To}"}}
  To: {Type: "AWS::ApiGatewayV2::Integration", Properties: {IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn}}
  Guard: {Type: "AWS::ApiGatewayV2::Authorizer", Properties: {AuthorizerType: REQUEST, AuthorizerUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations"}}
  Stage: {Type: "AWS::ApiGatewayV2::Stage", Properties: {ApiId: !Ref Api, StageName: live}}
  F: {Type: "AWS::Lambda::Function", Properties: {FunctionName: f}}
  May: {Type: "AWS::Lambda::Permission", Properties: {Principal: apigateway.amazonaws.com, FunctionName: !Ref F, SourceArn: !Sub "arn:aws:execute-api:*:*:${Api}/*"}}
`

// What an API needs and does not have, or has and nobody knows, is a problem of
// that API with its line, and nobody else's.
func TestProblemsBelongToWhatHasThem(t *testing.T) {
	for _, c := range []struct{ old, put, want string }{
		{"", "", ""},
		{"RouteSelectionExpression: $request.body.a", "", "line 4: Api has no RouteSelectionExpression"},
		{"$request.body.a", "!Ref P", "line 4: RouteSelectionExpression: the parameter P has no default: say --parameter P=VALUE"},
		{"RouteKey: $default", "RouteKey: !Ref P", "line 6: RouteKey: the parameter P"},
		{"RouteKey: $default", "RouteKey: [a]", "line 6: RouteKey must be a text"},
		{"${To}\"}}\n  To", "Nowhere\"}}\n  To", "line 6: the route $default leads to Nowhere, which is no integration of the template"},
		{"IntegrationType: AWS_PROXY", "IntegrationType: HTTP_PROXY", "line 7: To is an integration of type HTTP_PROXY"},
		{"IntegrationUri: !GetAtt F.Arn", "IntegrationUri: https://example.org", "line 7: the IntegrationUri of To leads to no Lambda function"},
		{"IntegrationUri: !GetAtt F.Arn", "IntegrationUri: !ImportValue F", "line 7: the IntegrationUri of To: another stack exports F: say --parameter ImportValue.F=VALUE"},
		{"IntegrationUri: !GetAtt F.Arn", `IntegrationUri: !Sub "arn:x:y/functions/${!stageVariables.f}/invocations"`, "by a stage variable"},
		{"IntegrationUri: !GetAtt F.Arn", "IntegrationUri: !GetAtt F.Arn, TimeoutInMillis: soon", "line 7: the timeout must be a number"},
		{"AuthorizerId: !Ref Guard", "AuthorizerId: x", "line 5: x is no authorizer of the template"},
		{"RouteKey: $connect", "RouteKey: other", "line 5: only $connect can have an authorizer"},
		{"AuthorizerUri: !Sub", "AuthorizerUri: !Ref", "line 8: the AuthorizerUri of Guard: there is no resource or parameter"},
		{"ApiId: !Ref Api, StageName: live", "ApiId: x, StageName: live", "line 4: Api has no stage"},
		{"StageName: live", "StageName: !Ref P", "line 9: StageName: the parameter P"},
		{"StageName: live", "StageName: live, StageVariables: {a: !Ref P}", "line 9: the stage variable a: the parameter P"},
		{"StageName: live", "StageName: live, DefaultRouteSettings: {ThrottlingRateLimit: much}", "line 9: ThrottlingRateLimit must be a number"},
	} {
		read := mustParse(t, replaced(t, byHand, c.old, c.put))
		got := fmt.Sprint(read.WebSocketAPI("Api").Problems)
		if c.want == "" && got != "[]" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.put, got, c.want)
		}
		if p := read.Function("F").Problems; len(p) > 0 {
			t.Errorf("%s: %v", c.put, p)
		}
	}
}

// Without a permission API Gateway cannot invoke a function, and nothing says
// so until the first client comes.
func TestAMissingPermissionIsAWarning(t *testing.T) {
	for _, c := range []struct {
		old, put string
		want     int // warnings: $connect, its authorizer, $default
	}{
		{"", "", 0},
		{"Principal: apigateway.amazonaws.com", "Principal: events.amazonaws.com", 3},
		{"FunctionName: !Ref F, Source", "FunctionName: other, Source", 3},
		{"FunctionName: !Ref F, Source", "FunctionName: !GetAtt F.Arn, Source", 0},
		{"${Api}/*", "${Api}/*/$connect", 2},
		{"${Api}/*", "${Api}/live/*", 1},
		{"${Api}/*", "${Api}/other/*", 3},
		{"${Api}/*", "${Api}/authorizers/*", 2},
		{"execute-api:*:*:", "execute-api:eu-*-1:*:", 3},
		{`SourceArn: !Sub "arn:aws:execute-api:*:*:${Api}/*"`, "SourceArn: !Ref P", 0}, // nobody knows
	} {
		got := mustParse(t, replaced(t, byHand, c.old, c.put)).WebSocketAPI("Api").Warnings
		if len(got) != c.want {
			t.Errorf("%s: got %v, want %d", c.put, got, c.want)
		}
	}
}

// What a stream's event source has and nobody imitates is said; a filter that
// nobody knows is a problem of the function that it is for.
func TestWhatAStreamCannotHaveHereIsSaid(t *testing.T) {
	read := mustParse(t, `
Parameters: {P: {Type: String}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        News:
          Type: DynamoDB
          Properties:
            Stream: arn:aws:dynamodb:eu-west-1:000000000000:table/things/stream/local
            TumblingWindowInSeconds: 60
            ParallelizationFactor: 2
            DestinationConfig: {OnFailure: {Destination: arn}}
            FilterCriteria: {Filters: [{Pattern: !Ref P}]}
`)
	if got, want := fmt.Sprint(read.Unsupported), "[line 14: DestinationConfig of the stream of things line 13: ParallelizationFactor of the stream of things line 12: TumblingWindowInSeconds of the stream of things]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprint(read.Function("F").Problems); !strings.Contains(got, "line 15: the pattern of a filter: the parameter P has no default") {
		t.Errorf("got %s", got)
	}
}

func replaced(t *testing.T, text, old, put string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %s", old)
	}
	return strings.Replace(text, old, put, 1)
}

func mustParse(t *testing.T, text string) *template.Template {
	t.Helper()
	read, err := template.Parse([]byte(text), template.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return read
}
