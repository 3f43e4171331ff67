package platform_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/retention"
	"tacet/infra/config"
	"tacet/infra/dynamo"
	"tacet/infra/local/iam"
	"tacet/infra/local/template"
)

// everything are parameters with which every condition holds.
var everything = map[string]string{
	"WebSocketDomain": "ws.example.org", "HttpDomain": "api.example.org", "HostedZoneId": "Z1", "CertificateArn": "arn:aws:acm:eu-central-1:000000000000:certificate/1",
	"AlarmEmail": "somebody@example.org", "ConnectConcurrency": "1", "PublishConcurrency": "1", "FanoutConcurrency": "1", "ApiConcurrency": "1",
}

func TestTheTemplateKeepsTheRules(t *testing.T) {
	for _, v := range violations(t, templateText(t)) {
		t.Error(v)
	}
}

func templateText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rules are what is asked of the template.
var rules = []func(*template.Template) []string{
	functionsAreFolders, variablesAreDocumented, timesFit, rolesAreNarrow, keysBind, tablesAreThoseOfTheStores, logsEnd, accessLogsKeepSilent,
	nothingRests, everybodyIsWatched,
}

func violations(t *testing.T, text string) []string {
	t.Helper()
	read, err := template.Parse([]byte(text), template.Options{Parameters: everything})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, rule := range rules {
		found = append(found, rule(read)...)
	}
	return found
}

// nameOf returns the name of a function by its logical id.
func nameOf(f *template.Function) string {
	return strings.ToLower(strings.TrimSuffix(f.ID, "Function"))
}

func functionsAreFolders(t *template.Template) []string {
	var found []string
	folders, err := os.ReadDir("../../functions")
	if err != nil {
		return []string{err.Error()}
	}
	for _, folder := range folders {
		if !slices.ContainsFunc(t.Functions, func(f *template.Function) bool { return nameOf(f) == folder.Name() }) {
			found = append(found, "the template has no function for the folder "+folder.Name())
		}
	}
	for _, f := range t.Functions {
		found = append(found, texts(f.Problems)...)
		if f.CodeURI != "functions/"+nameOf(f)+"/" || makers[nameOf(f)] == nil {
			found = append(found, f.ID+" is not made of functions/"+nameOf(f))
		}
		if f.BuildMethod != "makefile" || f.Handler != "bootstrap" || f.Runtime != "provided.al2023" {
			found = append(found, f.ID+" is not built as the others are")
		}
	}
	return found
}

func texts(findings template.Findings) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.String())
	}
	return all
}

func variablesAreDocumented(t *template.Template) []string {
	var found []string
	for _, f := range t.Functions {
		has := slices.Concat(slices.Collect(maps.Keys(f.Env)), f.Unknowns())
		var reads []string
		for _, v := range config.Variables(nameOf(f)) {
			if v.From == "template" {
				reads = append(reads, v.Name)
			}
		}
		for _, name := range has {
			if !slices.Contains(reads, name) {
				found = append(found, f.ID+" is given "+name+", which it does not read")
			}
		}
		for _, name := range reads {
			if !slices.Contains(has, name) {
				found = append(found, f.ID+" is not given "+name+", which it reads")
			}
		}
	}
	return found
}

// timesFit holds timeouts against those who wait.
func timesFit(t *template.Template) []string {
	var found []string
	timeout := map[string]time.Duration{}
	for _, f := range t.Functions {
		timeout[f.ID] = f.Timeout
		if f.Memory < 128 || f.Memory > 1769 { // what has one whole processor
			found = append(found, fmt.Sprintf("%s has %d MB", f.ID, f.Memory))
		}
	}
	for _, api := range t.WebSocketAPIs {
		for _, r := range api.Routes {
			if r.Timeout != 29*time.Second || timeout[r.Function] > r.Timeout {
				found = append(found, fmt.Sprintf("the route %s ends after %v, and %s after %v", r.Key, r.Timeout, r.Function, timeout[r.Function]))
			}
		}
	}
	if timeout["FanoutFunction"] >= timeout["PublishFunction"] || timeout["FanoutFunction"] >= timeout["ApiFunction"] {
		found = append(found, "who invokes fanout must outlive it")
	}
	if timeout["ExpireFunction"] <= time.Minute {
		found = append(found, "expire looks after a minute, and ends before")
	}
	return found
}

// rolesAreNarrow allows wildcards where there is no other name: at the end of
// the streams of a log group, and for connections.
func rolesAreNarrow(t *template.Template) []string {
	var found []string
	owner := map[string]string{}
	for _, f := range t.Functions {
		if other := owner[f.Role.Name]; other != "" {
			found = append(found, f.ID+" shares its role with "+other)
		}
		owner[f.Role.Name] = f.ID
		for _, managed := range f.Role.Managed {
			found = append(found, f.ID+" has the managed policy "+managed)
		}
		for _, s := range f.Role.Statements {
			for _, finding := range s.Findings {
				found = append(found, f.ID+": a policy is not understood: "+finding)
			}
			for _, a := range s.Actions {
				if strings.ContainsAny(a, "*?") {
					found = append(found, f.ID+" may do "+a)
				}
			}
			for _, resource := range s.Resources {
				narrow := strings.TrimSuffix(strings.TrimSuffix(resource, "/@connections/*"), ":*")
				if strings.ContainsAny(narrow, "*?") {
					found = append(found, f.ID+" may do something to "+resource)
				}
			}
		}
	}
	return found
}

// keyed are the actions that always name the partition keys that they are about.
// With another, such as Scan or PartiQL's, there may be none, and then
// ForAllValues "also returns true if there are no context keys in the request"
// (IAM User Guide, "Multivalued context key examples").
var keyed = []string{"GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem", "Query"}

// kindOfItem is a condition's value: the letter that keys of one kind begin with.
var kindOfItem = regexp.MustCompile(`^[a-z]#\*$`)

// keysBind asks for the kinds of items wherever a role may use a table itself.
func keysBind(t *template.Template) []string {
	var found []string
	for _, f := range t.Functions {
		for _, s := range f.Role.Statements {
			if s.Deny || !slices.ContainsFunc(s.Resources, isTable) {
				continue
			}
			bound := slices.ContainsFunc(s.Conditions, func(c iam.Condition) bool {
				return c.Operator == "ForAllValues:StringLike" && c.Key == "dynamodb:LeadingKeys" &&
					!slices.ContainsFunc(c.Values, func(v string) bool { return !kindOfItem.MatchString(v) })
			})
			for _, a := range s.Actions {
				if name := strings.TrimPrefix(a, "dynamodb:"); !bound || !slices.Contains(keyed, name) {
					found = append(found, f.ID+" may do "+a+" to items of any kind")
				}
			}
		}
	}
	return found
}

// isTable reports whether a resource is a table, and not an index or a stream.
func isTable(arn string) bool {
	_, name, ok := strings.Cut(arn, ":table/")
	return ok && !strings.Contains(name, "/")
}

func tablesAreThoseOfTheStores(t *template.Template) []string {
	var found []string
	if len(t.Tables) != len(dynamo.Tables) {
		found = append(found, fmt.Sprintf("there are %d tables, and the stores have %d", len(t.Tables), len(dynamo.Tables)))
	}
	text := func(name string) template.Attribute { return template.Attribute{Name: name, Type: "S"} }
	for _, want := range dynamo.Tables {
		id := strings.ToUpper(want.Class[:1]) + want.Class[1:] + "Table"
		i := slices.IndexFunc(t.Tables, func(t *template.Table) bool { return t.ID == id })
		if i < 0 {
			found = append(found, "there is no "+id)
			continue
		}
		got := t.Tables[i]
		wrong := func(what string, is any) { found = append(found, fmt.Sprintf("%s: %s is %v", id, what, is)) }
		found = append(found, texts(got.Problems)...)
		if got.Key != (template.Key{Hash: text(dynamo.Hash), Range: text(dynamo.Range)}) {
			wrong("its key", got.Key)
		}
		if got.Expiry != dynamo.Expiry {
			wrong("the attribute of its expiry", got.Expiry)
		}
		if stream := map[bool]string{true: "KEYS_ONLY"}[want.Stream]; got.Stream != stream {
			wrong("its stream", got.Stream)
		}
		if !got.OnDemand || !got.Encrypted || got.Recovery != want.Backups || len(got.LocalIndexes) > 0 {
			wrong("by request, encrypted, recovery, local indexes", []any{got.OnDemand, got.Encrypted, got.Recovery, got.LocalIndexes})
		}
		if (got.KMSKey != "") != want.OwnKey || got.Protected != want.Protected {
			wrong("its own key, protected", []any{got.KMSKey, got.Protected})
		}
		var indexes []template.Index
		for _, x := range want.Indexes {
			key := template.Key{Hash: text(x.Hash), Range: template.Attribute{Name: x.Range, Type: "N"}}
			indexes = append(indexes, template.Index{Name: x.Name, Key: key, Projection: "INCLUDE", Holds: x.Holds})
		}
		if fmt.Sprint(got.Indexes) != fmt.Sprint(indexes) {
			wrong("its indexes", got.Indexes)
		}
	}
	return found
}

// logsEnd holds log groups against promise and purse: each function has one.
func logsEnd(t *template.Template) []string {
	var found []string
	groups := map[any]bool{}
	for _, r := range t.Resources {
		switch r.Type {
		case "AWS::Logs::LogGroup":
			if r.Properties["RetentionInDays"] == nil || r.Properties["KmsKeyId"] == nil {
				found = append(found, r.ID+" keeps for ever, or in clear")
			}
			groups[r.Properties["LogGroupName"]] = true
		case "AWS::SNS::Topic":
			if r.Properties["KmsMasterKeyId"] == nil {
				found = append(found, r.ID+" is not encrypted")
			}
		}
	}
	used := map[any]bool{}
	for _, r := range t.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		logging, _ := r.Properties["LoggingConfig"].(map[string]any)
		if group := logging["LogGroup"]; !groups[group] || used[group] {
			found = append(found, r.ID+" has no log of its own")
		} else {
			used[group] = true
		}
	}
	return found
}

// said is what access logs may say: no address, query string (it holds the
// token), User-Agent, path (topics and subjects stand there), payload, or text
// of a function's error.
var said = []string{
	"requestTimeEpoch", "requestId", "connectionId", "eventType", "routeKey", "httpMethod", "status", "responseLength",
	"integration.latency", "error.responseType",
}

var contextVariable = regexp.MustCompile(`\$([A-Za-z]+)\.?([A-Za-z.]*)`)

func accessLogsKeepSilent(t *template.Template) []string {
	var found []string
	apis := 0
	for _, r := range t.Resources {
		if r.Type != "AWS::Serverless::WebSocketApi" && r.Type != "AWS::Serverless::HttpApi" {
			continue
		}
		apis++
		settings, _ := r.Properties["AccessLogSettings"].(map[string]any)
		format, _ := settings["Format"].(string)
		if format == "" {
			found = append(found, r.ID+" has no access log")
		}
		for _, v := range contextVariable.FindAllStringSubmatch(format, -1) {
			if v[1] != "context" || !slices.Contains(said, v[2]) {
				found = append(found, r.ID+" logs "+v[0])
			}
		}
		routes, _ := r.Properties["DefaultRouteSettings"].(map[string]any)
		for name, quiet := range map[string]string{"LoggingLevel": "OFF", "DataTraceEnabled": "false"} {
			if v := routes[name]; v != nil && v != quiet {
				found = append(found, r.ID+" has execution logs: they hold payloads")
			}
		}
		for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
			if v := routes[limit]; v == nil || v == "0" {
				found = append(found, r.ID+" has no "+limit)
			}
		}
	}
	if apis != 2 {
		found = append(found, fmt.Sprintf("there are %d APIs", apis))
	}
	return found
}

// kinds are what may be in the template. There is nothing among them in which
// a message could rest.
var kinds = []string{
	"AWS::ApiGateway::Account", "AWS::ApiGatewayV2::ApiMapping", "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::RouteResponse",
	"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain", "AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Logs::LogGroup",
	"AWS::Route53::RecordSet", "AWS::SNS::Subscription", "AWS::SNS::Topic",
	"AWS::Serverless::Function", "AWS::Serverless::HttpApi", "AWS::Serverless::WebSocketApi",
}

// resting are properties by which what failed is kept, or what passes is copied.
var resting = []string{"DeadLetterConfig", "DeadLetterQueue", "DestinationConfig", "OnFailure", "OnSuccess", "Tracing", "KinesisStreamSpecification"}

func nothingRests(t *template.Template) []string {
	var found []string
	for _, r := range t.Resources {
		if !slices.Contains(kinds, r.Type) {
			found = append(found, r.ID+" is a "+r.Type+": can a message rest in it?")
		}
		if again, _ := r.Properties["EventInvokeConfig"].(map[string]any); r.ID == "FanoutFunction" && again["MaximumRetryAttempts"] != "0" {
			found = append(found, "a message for FanoutFunction would rest until it is tried again")
		}
		walk(r.Properties, func(name string, _ any) {
			if slices.Contains(resting, name) {
				found = append(found, r.ID+" has "+name)
			}
		})
	}
	return found
}

// walk calls f for each property, whatever it is in.
func walk(v any, f func(name string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, inside := range v {
			f(name, inside)
			walk(inside, f)
		}
	case []any:
		for _, inside := range v {
			walk(inside, f)
		}
	}
}

func everybodyIsWatched(t *template.Template) []string {
	watched := map[string]map[any]bool{}
	for _, r := range t.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		watched[r.ID] = map[any]bool{}
		walk(r.Properties, func(_ string, value any) { watched[r.ID][fmt.Sprint(value)] = true })
	}
	var found []string
	for _, alarm := range []string{"ErrorAlarm", "ThrottleAlarm"} {
		for _, f := range t.Functions {
			if !watched[alarm][f.Name] {
				found = append(found, alarm+" does not watch "+f.ID)
			}
		}
	}
	for _, table := range t.Tables {
		if !watched["TableAlarm"][table.Name] {
			found = append(found, "TableAlarm does not watch "+table.ID)
		}
	}
	for _, c := range []retention.Class{retention.Events, retention.Rollups, retention.Activity, retention.Requests} {
		if !watched["RetentionAlarm"][string(c)] {
			found = append(found, "RetentionAlarm does not watch "+string(c))
		}
	}
	for _, r := range t.Resources {
		if p := r.Properties; r.ID == "RetentionAlarm" && (p["Threshold"] != "3600" || p["ComparisonOperator"] != "GreaterThanThreshold" || p["TreatMissingData"] != "notBreaching") {
			found = append(found, "RetentionAlarm is not about what is an hour too old")
		}
	}
	return found
}

// Each rule must see what breaks it.
func TestPlantedViolationsOfTheTemplateAreSeen(t *testing.T) {
	text := templateText(t)
	for _, c := range []struct{ old, planted, want string }{
		{"  FanoutFunction:\n", "  FaninFunction:\n", "no function for the folder fanout"},
		{"CodeUri: functions/api/", "CodeUri: functions/rollup/", "ApiFunction is not made of functions/api"},
		{"          TACET_WELCOME_FUNCTION: !Ref WelcomeFunction\n", "", "ConnectFunction is not given TACET_WELCOME_FUNCTION"},
		{"          TACET_WELCOME_FUNCTION: !Ref WelcomeFunction\n", "          TACET_WELCOME_FUNCTION: !Ref WelcomeFunction\n          TACET_LOOPBACK_KEYS: 'true'\n", "ConnectFunction is given TACET_LOOPBACK_KEYS"},
		{"        TACET_LOG_LEVEL: !Ref LogLevel\n", "        TACET_LOGLEVEL: !Ref LogLevel\n", "is given TACET_LOGLEVEL"},
		{"FunctionArn: !GetAtt PublishFunction.Arn, IntegrationTimeout: 29000", "FunctionArn: !GetAtt PublishFunction.Arn, IntegrationTimeout: 9000", "the route publish ends after 9s"},
		{"      Timeout: 28\n", "      Timeout: 29\n", "must outlive"},
		{"      Timeout: 75\n", "      Timeout: 60\n", "ends before"},
		{"MemorySize: 128", "MemorySize: 10240", "ExpireFunction has 10240 MB"},
		{"Role: !GetAtt WelcomeRole.Arn", "Role: !GetAtt ConnectRole.Arn", "shares its role"},
		{"Action: ['lambda:InvokeFunction']", "Action: ['lambda:*']", "may do lambda:*"},
		{"Resource: !GetAtt WelcomeFunction.Arn", "Resource: '*'", "ConnectFunction may do something to *"},
		{"POST/@connections/*'", "*/@connections/*'", "may do something to arn"},
		{"'ForAllValues:StringLike'", "'ForAllValues:Unheard'", "a policy is not understood"},
		{"                Condition: {'ForAllValues:StringLike': {'dynamodb:LeadingKeys': ['r#*', 'x#*']}}\n", "", "RollupFunction may do dynamodb:PutItem to items of any kind"},
		{"'dynamodb:LeadingKeys': ['k#*']", "'dynamodb:LeadingKeys': ['*']", "ConnectFunction may do dynamodb:GetItem to items of any kind"},
		{"Action: ['dynamodb:Query']", "Action: ['dynamodb:Query', 'dynamodb:Scan']", "may do dynamodb:Scan to items of any kind"},
		{"AttributeName: sk, KeyType: RANGE", "AttributeName: pk, KeyType: RANGE", "its key is"},
		{"NonKeyAttributes: [app, who,", "NonKeyAttributes: [app,", "its indexes is"},
		{"StreamViewType: KEYS_ONLY", "StreamViewType: NEW_IMAGE", "its stream is NEW_IMAGE"},
		{"PointInTimeRecoveryEnabled: false", "PointInTimeRecoveryEnabled: true", "recovery"},
		{"PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "DirectoryTable: by request, encrypted, recovery"},
		{", KMSMasterKeyId: !GetAtt VaultKey.Arn", "", "VaultTable: its own key, protected"},
		{"DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false", "LedgerTable: its own key, protected"},
		{"SSEEnabled: true", "SSEEnabled: false", "encrypted"},
		{"AttributeName: exp, Enabled: true", "AttributeName: exp, Enabled: false", "expiry"},
		{"RetentionInDays: !Ref LogRetention, ", "", "keeps for ever"},
		{", KmsKeyId: !GetAtt Key.Arn", "", "in clear"},
		{"KmsMasterKeyId: !Ref Key", "DisplayName: Tacet", "AlarmTopic is not encrypted"},
		{"LogGroup: !Ref PublishLogs", "LogGroup: !Ref ConnectLogs", "has no log of its own"},
		{`"connection":"$context.connectionId"`, `"address":"$context.identity.sourceIp"`, "logs $context.identity.sourceIp"},
		{`"bytes":"$context.responseLength"`, `"path":"$context.path"`, "HttpApi logs $context.path"},
		{"LoggingLevel: 'OFF'", "LoggingLevel: INFO", "they hold payloads"},
		{"DataTraceEnabled: false", "DataTraceEnabled: true", "they hold payloads"},
		{"ThrottlingRateLimit: !Ref ThrottleRate, ", "", "no ThrottlingRateLimit"},
		{"Type: AWS::SNS::Topic\n", "Type: AWS::SQS::Queue\n", "AlarmTopic is a AWS::SQS::Queue"},
		{"            BisectBatchOnFunctionError: true\n", "            DestinationConfig: {OnFailure: {Type: SQS}}\n", "RollupFunction has DestinationConfig"},
		{"      EventInvokeConfig: {MaximumEventAgeInSeconds: 300,", "      EventInvokeConfig: {DestinationConfig: {}, MaximumEventAgeInSeconds: 300,", "WelcomeFunction has DestinationConfig"},
		{"EventInvokeConfig: {MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0}\n      Environment:\n        Variables:\n          TACET_CONNECTIONS_URL", "Environment:\n        Variables:\n          TACET_CONNECTIONS_URL", "would rest until it is tried again"},
		{"{Name: Class, Value: rollup}", "{Name: Class, Value: event}", "RetentionAlarm does not watch rollup"},
		{"      Threshold: 3600\n", "      Threshold: 86400\n", "RetentionAlarm is not about what is an hour too old"},
		{"Dimensions: [{Name: FunctionName, Value: !Ref SubscribeFunction}]", "Dimensions: []", "ErrorAlarm does not watch SubscribeFunction"},
	} {
		if strings.Count(text, c.old) == 0 {
			t.Errorf("%q is not in the template", c.old)
			continue
		}
		found := violations(t, strings.Replace(text, c.old, c.planted, 1))
		if !slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, c.want) }) {
			t.Errorf("%q in the place of %q was not seen: %q", c.planted, c.old, found)
		}
	}
}
