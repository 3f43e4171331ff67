package template_test

import (
	"fmt"
	"strings"
	"testing"

	"tacet/infra/local/template"
)

// surroundings are what the expressions of the tests can refer to.
const surroundings = `
Parameters:
  Name: {Type: String, Default: alice}
  List: {Type: CommaDelimitedList, Default: "a, b,c"}
  Bare: {Type: String}
  Kept: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path}
Mappings:
  Colours: {warm: {first: red, second: [orange, yellow]}}
Conditions:
  Yes: !Equals [!Ref Name, alice]
  No: !Not [!Condition Yes]
  All: {"Fn::And": [{Condition: Yes}, !Or [!Condition No, !Condition Yes]]}
  Mixed: !And [!Condition Yes, !Condition No]
  Doubtful: !Equals [!Ref Bare, x]
  Decided: !Or [!Condition Doubtful, !Condition Yes]
  Loop: !Not [!Condition Loop]
Resources:
  Absent: {Type: "AWS::SQS::Queue", Condition: No}
  Kept1: {Type: "AWS::SQS::Queue", Condition: Decided, Properties: {QueueName: jobs}}
  Topic: {Type: "AWS::SNS::Topic"}
  Table: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !Sub "${Name}-table", KeySchema: []}}
  Circle: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !Sub "${Square}-x"}}
  Square: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !Sub "${Circle}-x"}}
  Function: {Type: "AWS::Serverless::Function", Properties: {AutoPublishAlias: live}}
  Old: {Type: "AWS::Lambda::Function", Properties: {FunctionName: old}}
  Alias: {Type: "AWS::Lambda::Alias", Properties: {FunctionName: !Ref Old, Name: blue}}
  Role: {Type: "AWS::IAM::Role", Properties: {Path: /a/b/}}
  Socket: {Type: "AWS::ApiGatewayV2::Api", Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.a}}
  Stage: {Type: "AWS::ApiGatewayV2::Stage", Properties: {ApiId: !Ref Socket, StageName: live}}
  Vpc: {Type: "AWS::EC2::VPC"}
  It:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Value: `

func TestIntrinsicFunctionsGiveWhatTheyGiveInAStack(t *testing.T) {
	const account = "eu-west-1:000000000000"
	for expression, want := range map[string]string{
		"plain":                      "plain",
		"012":                        "012",
		"!Ref Name":                  "alice",
		`{"Ref": "Name"}`:            "alice",
		"!Ref List":                  "[a b c]",
		"!Ref AWS::Region":           "eu-west-1",
		"!Ref AWS::AccountId":        "000000000000",
		"!Ref AWS::StackName":        "local",
		"!Ref AWS::Partition":        "aws",
		"!Ref AWS::URLSuffix":        "amazonaws.com",
		"!Ref AWS::NoValue":          "<nil>",
		"!Ref Kept1":                 "https://sqs.eu-west-1.amazonaws.com/000000000000/jobs",
		"!Ref Topic":                 "arn:aws:sns:" + account + ":Topic",
		"!Ref Table":                 "alice-table",
		"!Ref Function":              "Function",
		"!Ref FunctionAliaslive":     "FunctionAliaslive",
		"!Ref Alias":                 "arn:aws:lambda:" + account + ":function:old:blue",
		"!Ref Stage":                 "live",
		"!GetAtt Table.Arn":          "arn:aws:dynamodb:" + account + ":table/alice-table",
		"!GetAtt [Table, Arn]":       "arn:aws:dynamodb:" + account + ":table/alice-table",
		"!GetAtt Table.StreamArn":    "arn:aws:dynamodb:" + account + ":table/alice-table/stream/local",
		"!GetAtt Old.Arn":            "arn:aws:lambda:" + account + ":function:old",
		"!GetAtt Role.Arn":           "arn:aws:iam::000000000000:role/a/b/Role",
		"!GetAtt FunctionRole.Arn":   "arn:aws:iam::000000000000:role/FunctionRole",
		"!GetAtt Kept1.QueueName":    "jobs",
		"!GetAtt Socket.ApiEndpoint": "wss://Socket.execute-api.eu-west-1.amazonaws.com",
		`!Sub "${Name}/${AWS::Region}/${Table.Arn}/${!Literal}"`:  "alice/eu-west-1/arn:aws:dynamodb:" + account + ":table/alice-table/${Literal}",
		`!Sub ["${Name}-${Mine}", {Mine: !Ref List}]`:             "line 34: Fn::Sub wants texts",
		`!Sub ["${Name}-${Mine}", {Mine: bob, Name: eve}]`:        "eve-bob",
		`{"Fn::Sub": "${Socket}"}`:                                "Socket",
		`!Join ["-", [a, !Ref Name, !Ref AWS::NoValue]]`:          "a-alice",
		`!Join [",", !Ref List]`:                                  "a,b,c",
		`!Select [1, !Ref List]`:                                  "b",
		`!Select ["0", !Split [":", "x:y"]]`:                      "x",
		`!Split [":", "x:y"]`:                                     "[x y]",
		`!FindInMap [Colours, warm, first]`:                       "red",
		`!FindInMap [Colours, !Sub "warm", second]`:               "[orange yellow]",
		`!FindInMap [Colours, cold, first, {DefaultValue: blue}]`: "blue",
		`!If [Yes, 1, 2]`:                                         "1",
		`!If [No, 1, 2]`:                                          "2",
		`!If [All, 1, 2]`:                                         "1",
		`!If [Mixed, 1, 2]`:                                       "2",
		`!If [Decided, 1, 2]`:                                     "1",
		`[a, !If [No, x, !Ref AWS::NoValue]]`:                     "[a]",
		`{a: 1, b: !If [No, x, !Ref "AWS::NoValue"]}`:             "map[a:1]",
		`!Base64 abc`:                                             "YWJj",
		`{"Fn::Base64": !Sub "${Name}"}`:                          "YWxpY2U=",
	} {
		if got := evaluated(t, expression); got != want {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
}

// What only a stack knows says why it is unknown, and what to do.
func TestWhatOnlyAStackKnowsIsUnknown(t *testing.T) {
	for expression, want := range map[string]string{
		"!Ref Bare":                        "the parameter Bare has no default: say --parameter Bare=VALUE",
		"!Ref Kept":                        "--parameter Kept=VALUE",
		"!Ref Nobody":                      "there is no resource or parameter Nobody",
		"!Ref AWS::Nothing":                "no pseudo parameter",
		"!Ref Absent":                      "there is no resource or parameter Absent",
		"!Ref Circle":                      "depends on itself",
		"!GetAtt Vpc.CidrBlock":            "say --parameter Vpc.CidrBlock=VALUE",
		"!GetAtt Vpc.Arn":                  "say --parameter Vpc.Arn=VALUE",
		"!GetAtt Nobody.Arn":               "there is no resource Nobody",
		"!ImportValue Other":               "say --parameter ImportValue.Other=VALUE",
		"!GetAZs ''":                       "not evaluated here",
		"!Nonsense x":                      "no function of CloudFormation",
		"'{{resolve:ssm:/a}}'":             "dynamic references",
		`!Sub "{{resolve:ssm:/${Name}}}"`:  "dynamic references",
		`!Sub "${Bare}-x"`:                 "say --parameter Bare=VALUE",
		`!Sub "${Name"`:                    "a closing brace",
		`!Join ["-", [a, !Ref Bare]]`:      "say --parameter Bare=VALUE",
		`!Join ["-"]`:                      "Fn::Join wants",
		`!Join ["-", [[a]]]`:               "Fn::Join wants texts",
		`!Select [7, [a]]`:                 "no such item",
		`!Select [1]`:                      "Fn::Select wants",
		`!Split ["", a]`:                   "Fn::Split wants",
		`!Split [",", !Ref Bare]`:          "Bare",
		`!FindInMap [Colours, cold, blue]`: "no cold",
		`!FindInMap [Colours]`:             "Fn::FindInMap wants",
		`!If [Doubtful, 1, 2]`:             "Bare",
		`!If [Loop, 1, 2]`:                 "depends on itself",
		`!If [Nobody, 1, 2]`:               "no condition Nobody",
		`!If [Yes]`:                        "Fn::If wants",
		`!Base64 [a]`:                      "Fn::Base64 wants",
		`!Equals [a]`:                      "Fn::Equals wants",
		`!Not []`:                          "Fn::Not wants",
	} {
		if got := evaluated(t, expression); !strings.HasPrefix(got, "line ") || !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
}

func evaluated(t *testing.T, expression string) string {
	t.Helper()
	read, err := template.Parse([]byte(surroundings+expression), template.Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	it := read.Resources[len(read.Resources)-1]
	return fmt.Sprint(it.Properties["Value"])
}

func TestARegionHasItsPartition(t *testing.T) {
	for region, want := range map[string]string{"cn-north-1": "aws-cn amazonaws.com.cn", "us-gov-west-1": "aws-us-gov amazonaws.com"} {
		read, err := template.Parse([]byte("Resources: {}\nOutputs: {It: {Value: !Sub '${AWS::Partition} ${AWS::URLSuffix}'}}"), template.Options{Region: region})
		if err != nil || read.Outputs["It"] != want {
			t.Errorf("%s: %v %v", region, read, err)
		}
	}
}

// A few lines of aliases can stand for more than a machine holds.
func TestATemplateThatUnfoldsWithoutEndIsRefused(t *testing.T) {
	for name, step := range map[string]string{
		"lists":  "  a%d: &a%d [*a%d, *a%[3]d, *a%[3]d, *a%[3]d]\n",
		"texts":  "  a%d: &a%d !Join [x, [*a%d, *a%[3]d, *a%[3]d, *a%[3]d]]\n",
		"subs":   "  a%d: &a%d !Sub ['${x}${x}${x}${x}', {x: *a%d}]\n",
		"splits": "  a%d: &a%d !Split [x, !Join [x, [*a%d, *a%[3]d, *a%[3]d, *a%[3]d]]]\n",
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("Resources:\n  a0: &a0 xxxxxxxx\n")
			for i := range 40 {
				fmt.Fprintf(&b, step, i+1, i+1, i)
			}
			b.WriteString("  Last: {Type: T, Properties: {P: *a40}}\n")
			if _, err := template.Parse([]byte(b.String()), template.Options{}); err == nil {
				t.Error("it was read")
			}
		})
	}
}

func TestWhatHoldsItselfHasAnEnd(t *testing.T) {
	read, err := template.Parse([]byte("Resources: &a\n  Loop: {Type: T, Properties: *a}\n"), template.Options{})
	if err != nil || !strings.Contains(fmt.Sprint(read.Resources[0].Properties), "nested too deeply") {
		t.Error(read, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		surroundings + "!Sub ['${Name}', {a: !If [Yes, {}, []]}]", "Resources: {a: &a {b: *a}}", `{"Resources": {"a": 1}}`,
		"Resources: {F: {Type: 'AWS::Serverless::Function', Properties: {Events: {E: {Type: HttpApi}}, Policies: [{P: 1}]}}}",
		"Resources: {F: {Type: 'AWS::Serverless::WebSocketApi', Properties: {Routes: {$connect: {}, x: 1}, Auth: {AuthType: CUSTOM}}}}",
		"Resources: {T: {Type: 'AWS::DynamoDB::Table', Properties: {<<: [{a: 1}], KeySchema: {}}}}\nGlobals: {Function: [1]}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := template.Parse(text, template.Options{Parameters: map[string]string{"a.b": "c"}})
		if (read == nil) == (err == nil) {
			t.Errorf("%v %v", read, err)
		}
	})
}
