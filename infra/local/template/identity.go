package template

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (e *evaluator) ref(argument *yaml.Node, line int) value {
	return e.reference(argument.Value, line)
}

// reference returns what Ref gives for a name.
func (e *evaluator) reference(name string, line int) value {
	if v, ok := e.pseudo(name, line); ok {
		return v
	}
	if p := e.parameters[name]; p != nil {
		v := p.value
		v.line = line
		return v
	}
	r := e.byID[name]
	if r == nil {
		return e.made(name, line)
	}
	switch {
	case refIsARN[r.kind]:
		return e.arn(r, line)
	case r.kind == "AWS::SQS::Queue":
		return e.suffixed(r, fmt.Sprintf("https://sqs.%s.%s/%s/", e.region, e.suffix(), e.account), line)
	case r.kind == kindAlias, r.kind == kindVersion:
		return e.qualified(r, line)
	}
	return e.name(r, line)
}

// pseudo returns a pseudo parameter.
func (e *evaluator) pseudo(name string, line int) (value, bool) {
	short, ok := strings.CutPrefix(name, "AWS::")
	if !ok {
		return value{}, false
	}
	known := map[string]string{
		"Region": e.region, "AccountId": e.account, "StackName": e.stack, "Partition": e.partition, "URLSuffix": e.suffix(),
		"StackId": fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/local", e.partition, e.region, e.account, e.stack),
	}
	if s, ok := known[short]; ok {
		return text(line, s), true
	}
	switch short {
	case "NoValue":
		return value{line: line}, true
	case "NotificationARNs":
		return value{kind: list, line: line}, true
	}
	return unknownValue(line, fmt.Sprintf("there is no pseudo parameter %s", name)), true
}

func (e *evaluator) suffix() string {
	if e.partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// made returns the name of a resource that SAM makes of another and that is
// referred to by its own id: a role, a stage, the parts of an API. Any id that
// begins with that of a resource of SAM can be one.
func (e *evaluator) made(name string, line int) value {
	for i := len(name) - 1; i > 0; i-- {
		if r := e.byID[name[:i]]; r != nil && strings.HasPrefix(r.kind, "AWS::Serverless::") {
			return text(line, name)
		}
	}
	if name == implicitHTTP {
		return text(line, name)
	}
	return unknownValue(line, fmt.Sprintf("there is no resource or parameter %s", name))
}

// name returns the name that a resource has for AWS.
func (e *evaluator) name(r *resource, line int) value {
	property := nameOf[r.kind]
	n := member(r.node, property)
	if property == "" || n == nil {
		return text(line, r.id)
	}
	if r.naming {
		return unknownValue(line, fmt.Sprintf("the name of %s depends on itself", r.id))
	}
	r.naming = true
	v := e.value(n)
	r.naming = false
	switch v.kind {
	case absent:
		return text(line, r.id)
	case scalar:
		return text(line, v.text)
	}
	return v
}

func (e *evaluator) suffixed(r *resource, before string, line int) value {
	v := e.name(r, line)
	if v.kind == scalar {
		v.text = before + v.text
	}
	return v
}

// arn returns a resource's ARN.
func (e *evaluator) arn(r *resource, line int) value {
	pattern, ok := arnOf[r.kind]
	if !ok {
		return unknownValue(line, fmt.Sprintf("the ARN of %s (%s) is known to a deployed stack only: say --parameter %[1]s.Arn=VALUE", r.id, r.kind))
	}
	v := e.name(r, line)
	if v.kind == scalar {
		path := ""
		if r.kind == kindRole {
			path = strings.Trim(nodeText(member(r.node, "Path")), "/")
		}
		if path != "" {
			v.text = path + "/" + v.text
		}
		v.text = "arn:" + e.partition + ":" + strings.NewReplacer("{r}", e.region, "{a}", e.account, "{n}", v.text).Replace(pattern)
	}
	return v
}

// qualified returns the ARN of a function's version or alias.
func (e *evaluator) qualified(r *resource, line int) value {
	of := e.value(member(r.node, "FunctionName"))
	qualifier := value{kind: scalar, text: "1"}
	if r.kind == kindAlias {
		qualifier = e.value(member(r.node, "Name"))
	}
	for _, v := range []value{of, qualifier} {
		if v.kind != scalar {
			return notText(v, line, r.id)
		}
	}
	return text(line, e.functionARN(of.text)+":"+qualifier.text)
}

// functionARN returns the ARN of a function that is named by name or ARN.
func (e *evaluator) functionARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", e.partition, e.region, e.account, name)
}

func (e *evaluator) getAtt(argument *yaml.Node, line int) value {
	if a := arguments(argument, 2); a != nil {
		attribute := e.value(a[1])
		if attribute.kind != scalar {
			return notText(attribute, line, "Fn::GetAtt")
		}
		return e.attribute(nodeText(a[0]), attribute.text, line)
	}
	id, attribute, _ := strings.Cut(argument.Value, ".")
	return e.attribute(id, attribute, line)
}

// attribute returns what Fn::GetAtt gives.
func (e *evaluator) attribute(id, attribute string, line int) value {
	if s, ok := e.overrides[id+"."+attribute]; ok {
		return text(line, s)
	}
	r := e.byID[id]
	if r == nil {
		if v := e.made(id, line); v.kind == unknown {
			return unknownValue(line, fmt.Sprintf("there is no resource %s", id))
		}
		return e.madeAttribute(id, attribute, line)
	}
	switch attribute {
	case "Arn", "TopicArn", "RoleArn":
		return e.arn(r, line)
	case "ApiId", "RouteId", "IntegrationId", "AuthorizerId", "KeyId", "RestApiId":
		return e.name(r, line)
	case "QueueName", "TopicName", "Name":
		return e.name(r, line)
	case "QueueUrl":
		return e.reference(id, line)
	}
	switch {
	case attribute == "StreamArn" && (r.kind == kindTable || r.kind == kindSimpleTable):
		if v := e.arn(r, line); v.kind == scalar {
			return text(line, v.text+"/stream/"+StreamLabel)
		}
	case attribute == "ApiEndpoint" && (r.kind == kindAPI || r.kind == kindSAMWebSocket || r.kind == kindSAMHTTP):
		scheme := "wss"
		if r.kind == kindSAMHTTP || strings.EqualFold(e.value(member(r.node, "ProtocolType")).text, "HTTP") {
			scheme = "https"
		}
		return text(line, fmt.Sprintf("%s://%s.execute-api.%s.%s", scheme, r.id, e.region, e.suffix()))
	case r.kind == kindSAMFunction && (attribute == "Alias" || attribute == "Version"):
		if v := e.arn(r, line); v.kind == scalar {
			return text(line, v.text+":1")
		}
	case strings.HasPrefix(r.kind, "AWS::Serverless::") && attribute == "Stage":
		if stage := e.value(member(r.node, "StageName")); stage.kind == scalar {
			return text(line, stage.text)
		}
		return text(line, "default")
	}
	return unknownValue(line, fmt.Sprintf("%s.%s is known to a deployed stack only: say --parameter %[1]s.%[2]s=VALUE", id, attribute))
}

// StreamLabel stands for the time at which a stream was made.
const StreamLabel = "local"

// madeAttribute returns an attribute of what SAM makes: of roles, which are
// what people ask for, the ARN.
func (e *evaluator) madeAttribute(id, attribute string, line int) value {
	if strings.HasSuffix(id, "Role") && attribute == "Arn" {
		return text(line, fmt.Sprintf("arn:%s:iam::%s:role/%s", e.partition, e.account, id))
	}
	if attribute == "ApiId" || attribute == "RouteId" {
		return text(line, id)
	}
	return unknownValue(line, fmt.Sprintf("%s.%s is known to a deployed stack only: say --parameter %[1]s.%[2]s=VALUE", id, attribute))
}
