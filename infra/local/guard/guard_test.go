package guard_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tacet/infra/local/guard"
	"tacet/infra/local/iam"
	"tacet/infra/sigv4"
)

const (
	region  = "eu-central-1"
	account = "123456789012"
	secret  = "everybody's"
)

// scene is a guard before services that do nothing, but remember.
type scene struct {
	*guard.Guard
	server *httptest.Server

	mu     sync.Mutex
	bodies []string
}

// done returns what the services have been asked.
func (s *scene) done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bodies)
}

// newScene returns one with the role "Function", whose policy is written in
// short: quotes are single.
func newScene(t *testing.T, policy string, trouble func(guard.Call) guard.Trouble) *scene {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(policy, "'", `"`)), &document); err != nil {
		t.Fatal(err)
	}
	s := new(scene)
	does := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies = append(s.bodies, string(body))
		_, _ = io.WriteString(w, "{}")
	})
	s.Guard = guard.New(guard.Options{
		Region: region, AccountID: account, Secret: secret, API: "api",
		Roles:    map[string]iam.Role{"Function": {Name: "FunctionRole", Statements: iam.Parse(document)}},
		Tables:   map[string]guard.Table{"T": {Hash: "pk", Indexes: map[string]string{"due": "part"}}},
		DynamoDB: does, Lambda: does, KMS: does, Connections: does, Trouble: trouble,
	})
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *scene) db(id, secret string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: region, BaseEndpoint: &s.server.URL, Credentials: sigv4.Credentials{ID: id, Secret: secret}, RetryMaxAttempts: 1})
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func values(pairs ...string) map[string]types.AttributeValue {
	m := map[string]types.AttributeValue{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = str(pairs[i+1])
	}
	return m
}

var table = aws.String("T")

// Every operation, what it needs by name, and the partition keys that it
// touches.
var operations = []struct {
	name, action, index, leading, attributes, selects string
	do                                                func(context.Context, *dynamodb.Client) error
}{
	{"GetItem", "GetItem", "", "a", "pk,sk", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: values("pk", "a", "sk", "x")})
		return err
	}},
	{"GetItem by ARN", "GetItem", "", "a", "app,pk,sk", "SPECIFIC_ATTRIBUTES", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: aws.String("arn:aws:dynamodb:" + region + ":" + account + ":table/T"), Key: values("pk", "a", "sk", "x"), ProjectionExpression: aws.String("app.inside[1]"),
		})
		return err
	}},
	{"PutItem", "PutItem", "", "a", "pk,sk,v", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: values("pk", "a", "sk", "x", "v", "1"), ConditionExpression: aws.String("attribute_not_exists(pk)")})
		return err
	}},
	{"UpdateItem", "UpdateItem", "", "a", "n,old,pk,sk", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: table, Key: values("pk", "a", "sk", "x"), UpdateExpression: aws.String("SET #n = if_not_exists(#n, :v) REMOVE old"),
			ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: values(":v", "1"),
		})
		return err
	}},
	{"DeleteItem", "DeleteItem", "", "a", "pk,sk", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: values("pk", "a", "sk", "x")})
		return err
	}},
	{"Query", "Query", "", "a", "exp,pk,sk", "COUNT", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.Query(ctx, &dynamodb.QueryInput{
			TableName: table, Select: types.SelectCount, KeyConditionExpression: aws.String("begins_with(sk, :p) AND #k = :pk"), FilterExpression: aws.String("exp > :p"),
			ExpressionAttributeNames: map[string]string{"#k": "pk"}, ExpressionAttributeValues: values(":pk", "a", ":p", "b"),
		})
		return err
	}},
	{"Query of an index", "Query", "/index/due", "a", "at,part", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.Query(ctx, &dynamodb.QueryInput{
			TableName: table, IndexName: aws.String("due"), KeyConditionExpression: aws.String("part = :a AND at BETWEEN :b AND :c"),
			ExpressionAttributeValues: values(":a", "a", ":b", "b", ":c", "c"),
		})
		return err
	}},
	{"BatchWriteItem", "BatchWriteItem", "", "a,b", "pk,sk", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"T": {
			{PutRequest: &types.PutRequest{Item: values("pk", "a", "sk", "x")}}, {DeleteRequest: &types.DeleteRequest{Key: values("pk", "b", "sk", "x")}},
		}}})
		return err
	}},
	{"BatchGetItem", "BatchGetItem", "", "a,b", "pk,sk,v", "", func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"T": {
			Keys: []map[string]types.AttributeValue{values("pk", "a", "sk", "x"), values("pk", "b", "sk", "x")}, ProjectionExpression: aws.String("v"),
		}}})
		return err
	}},
	{"a transaction's Put", "PutItem", "", "a", "pk,sk", "", part(types.TransactWriteItem{Put: &types.Put{TableName: table, Item: values("pk", "a", "sk", "x")}})},
	{"a transaction's Delete", "DeleteItem", "", "a", "pk,sk", "", part(types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: values("pk", "a", "sk", "x")}})},
	{"a transaction's Update", "UpdateItem", "", "a", "pk,sk,v", "", part(types.TransactWriteItem{Update: &types.Update{TableName: table, Key: values("pk", "a", "sk", "x"), UpdateExpression: aws.String("REMOVE v")}})},
	{"a transaction's ConditionCheck", "ConditionCheckItem", "", "a", "pk,sk", "", part(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: values("pk", "a", "sk", "x"), ConditionExpression: aws.String("attribute_exists(pk)")}})},
}

func part(p types.TransactWriteItem) func(context.Context, *dynamodb.Client) error {
	return func(ctx context.Context, c *dynamodb.Client) error {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{p}})
		return err
	}
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return "none"
	}
	return ""
}

func quoted(list string) string { return "['" + strings.ReplaceAll(list, ",", "','") + "']" }

// With what it needs an operation passes; with anything less it does not.
func TestOperationsNeedTheirAction(t *testing.T) {
	for _, o := range operations {
		statement := func(action, resource, condition string) string {
			return `{'Effect':'Allow','Action':'dynamodb:` + action + `','Resource':'arn:aws:dynamodb:` + region + `:` + account + `:table/` + resource + `','Condition':{` + condition + `}}`
		}
		keys := func(list string) string {
			return `'ForAllValues:StringLike':{'dynamodb:LeadingKeys':` + quoted(list) + `}`
		}
		attributes := func(list string) string {
			return `'ForAllValues:StringEquals':{'dynamodb:Attributes':` + quoted(list) + `}`
		}
		selects := `'StringEquals':{'dynamodb:Select':'` + o.selects + `'}`
		if o.selects == "" {
			selects = `'Null':{'dynamodb:Select':true}`
		}
		on := "T" + o.index
		_, fewer, _ := strings.Cut(o.attributes, ",")
		for _, c := range []struct {
			name, policy, want string
		}{
			{"what it needs", statement(o.action, on, keys(o.leading)+","+attributes(o.attributes)+","+selects), ""},
			{"another action", statement("Scan", on, ""), "AccessDeniedException"},
			{"another table", statement("*", "U", ""), "AccessDeniedException"},
			{"another index", statement("*", "T/index/other", ""), "AccessDeniedException"},
			{"another key", statement(o.action, on, keys("x,"+strings.TrimPrefix(o.leading, "a"))), "AccessDeniedException"},
			{"fewer attributes", statement(o.action, on, attributes(fewer)), "AccessDeniedException"},
			{"another selection", statement(o.action, on, `'StringEquals':{'dynamodb:Select':'ALL_PROJECTED_ATTRIBUTES'}`), "AccessDeniedException"},
			{"what nobody knows", statement(o.action, on, `'StringEquals':{'aws:SourceVpc':'vpc'}`), "AccessDeniedException"},
		} {
			s := newScene(t, c.policy, nil)
			if got := code(o.do(t.Context(), s.db("Function", secret))); got != c.want {
				t.Errorf("%s with %s: %q, want %q", o.name, c.name, got, c.want)
			}
			if passed, denied := len(s.done()), len(s.Denials()); passed != map[bool]int{true: 1}[c.want == ""] || passed+denied != 1 {
				t.Errorf("%s with %s: %d passed, %d denied", o.name, c.name, passed, denied)
			}
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	s := newScene(t, `{'Effect':'Allow','Action':'*','Resource':'*'}`, nil)
	for _, c := range []*dynamodb.Client{s.db("Stranger", secret), s.db("Function", "a wrong one")} {
		if got := code(operations[0].do(t.Context(), c)); got != "UnrecognizedClientException" {
			t.Errorf("a stranger: %q", got)
		}
	}
	r, err := http.Post(s.server.URL+"/prod/@connections/x", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusForbidden || len(s.done()) > 0 {
		t.Errorf("nobody at all: %d, %d passed", r.StatusCode, len(s.done()))
	}
}

func TestCallbacksAndInvocationsNeedTheirAction(t *testing.T) {
	post := func(s *scene) error {
		c := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
			Region: region, BaseEndpoint: aws.String(s.server.URL + "/prod"), Credentials: sigv4.Credentials{ID: "Function", Secret: secret}, RetryMaxAttempts: 1,
		})
		_, err := c.PostToConnection(t.Context(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: aws.String("AAA="), Data: []byte("x")})
		return err
	}
	arn := `'arn:aws:execute-api:` + region + `:` + account + `:api/prod/`
	for policy, want := range map[string]string{
		`{'Effect':'Allow','Action':'execute-api:ManageConnections','Resource':` + arn + `POST/@connections/*'}`:   "",
		`{'Effect':'Allow','Action':'execute-api:ManageConnections','Resource':` + arn + `DELETE/@connections/*'}`: "AccessDeniedException",
		`{'Effect':'Allow','Action':'execute-api:Invoke','Resource':'*'}`:                                          "AccessDeniedException",
	} {
		s := newScene(t, policy, nil)
		if got := code(post(s)); got != want {
			t.Errorf("%s: %q, want %q", policy, got, want)
		}
	}
}

func TestAKeyNeedsItsAction(t *testing.T) {
	one, two := "arn:aws:kms:"+region+":"+account+":key/one", "arn:aws:kms:"+region+":"+account+":key/two"
	s := newScene(t, `{'Effect':'Allow','Action':'kms:Decrypt','Resource':'`+one+`'}`, nil)
	c := kms.New(kms.Options{Region: region, BaseEndpoint: &s.server.URL, Credentials: sigv4.Credentials{ID: "Function", Secret: secret}, RetryMaxAttempts: 1})
	decrypt := func(key *string) error {
		_, err := c.Decrypt(t.Context(), &kms.DecryptInput{KeyId: key, CiphertextBlob: []byte("x")})
		return err
	}
	_, encrypted := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &one, Plaintext: []byte("x")})
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"what is allowed":      {decrypt(&one), ""},
		"another action":       {encrypted, "AccessDeniedException"},
		"another key":          {decrypt(&two), "AccessDeniedException"},
		"a key without a name": {decrypt(nil), "SerializationException"},
	} {
		if got := code(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsNotUsedIsListed(t *testing.T) {
	arn := "arn:aws:dynamodb:" + region + ":" + account + ":table/T"
	s := newScene(t, `{'Effect':'Allow','Action':['dynamodb:GetItem','dynamodb:PutItem'],'Resource':['`+arn+`','`+arn+`/index/*']}`, nil)
	for range 2 {
		if err := operations[0].do(t.Context(), s.db("Function", secret)); err != nil {
			t.Fatal(err)
		}
	}
	var unused []string
	for _, g := range s.Unused()["FunctionRole"] {
		unused = append(unused, g.Action+" "+g.Resource)
	}
	if got, want := strings.Join(unused, ", "), "dynamodb:GetItem "+arn+"/index/*, dynamodb:PutItem "+arn+", dynamodb:PutItem "+arn+"/index/*"; got != want {
		t.Errorf("unused is %s, want %s", got, want)
	}
	if n := s.Calls()[guard.Call{Role: "FunctionRole", Service: guard.DynamoDB, Operation: "GetItem", On: "T"}]; n != 2 {
		t.Errorf("it was counted %d times: %v", n, s.Calls())
	}
}

func TestTroubleIsMade(t *testing.T) {
	for _, c := range []struct {
		trouble guard.Trouble
		applied int
		want    string
	}{
		{guard.Throttled, 0, "ProvisionedThroughputExceededException"},
		{guard.Conflicting, 0, "TransactionConflictException"},
		{guard.Refused, 0, "InternalServerError"},
		{guard.Reset, 0, "none"},
		{guard.Lost, 1, "none"},
		{guard.Broken, 1, "InternalServerError"},
		{guard.Unprocessed, 1, ""},
	} {
		s := newScene(t, `{'Effect':'Allow','Action':'*','Resource':'*'}`, func(guard.Call) guard.Trouble { return c.trouble })
		if got := code(operations[0].do(t.Context(), s.db("Function", secret))); got != c.want || len(s.done()) != c.applied {
			t.Errorf("%s: %q, applied %d times; want %q, %d", c.trouble, got, len(s.done()), c.want, c.applied)
		}
	}
	for trouble, applied := range map[guard.Trouble]int{guard.Stalled: 0, guard.Hanging: 1} {
		ctx, cancel := context.WithCancel(t.Context())
		s := newScene(t, `{'Effect':'Allow','Action':'*','Resource':'*'}`, func(guard.Call) guard.Trouble {
			cancel()
			return trouble
		})
		if err := operations[0].do(ctx, s.db("Function", secret)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", trouble, err)
		}
		s.server.Close()
		if len(s.done()) != applied {
			t.Errorf("%s: applied %d times", trouble, len(s.done()))
		}
	}
}

func TestABatchIsDoneByHalf(t *testing.T) {
	s := newScene(t, `{'Effect':'Allow','Action':'*','Resource':'*'}`, func(guard.Call) guard.Trouble { return guard.Unprocessed })
	out, err := s.db("Function", secret).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"T": {
		{DeleteRequest: &types.DeleteRequest{Key: values("pk", "a", "sk", "x")}}, {DeleteRequest: &types.DeleteRequest{Key: values("pk", "b", "sk", "x")}},
	}}})
	if err != nil || len(out.UnprocessedItems["T"]) != 1 || len(s.done()) != 1 || strings.Contains(s.done()[0], `"b"`) {
		t.Errorf("%v, %v left, done: %q", err, out, s.done())
	}
}
